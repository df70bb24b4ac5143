/** What differs between two policies, setting by setting as the file names them. */
import type { Policy } from '../domain/settings.ts'

export interface PolicyChange {
  /** As in the file: `breach_issue.mode`. */
  setting: string
  before: string
  after: string
}

/** The settings whose values differ, in the order of the file; values as the file would write them. */
export function comparePolicies(before: Policy, after: Policy): PolicyChange[] {
  const now = flat(before)
  const then = flat(after)
  return Object.keys(now)
    .map((setting) => ({
      setting,
      before: JSON.stringify(now[setting]),
      after: JSON.stringify(then[setting]),
    }))
    .filter((one) => one.before !== one.after)
}

function flat(policy: Policy): Record<string, unknown> {
  const { breachIssue, jobIssues, retest, hunt, report } = policy
  return {
    target: policy.target,
    time_zone: policy.timeZone,
    required: policy.required,
    ignore: policy.ignore,
    require_same_base: policy.requireSameBase,
    'breach_issue.mode': breachIssue.mode,
    'breach_issue.labels': breachIssue.labels,
    'breach_issue.assignees': breachIssue.assignees,
    'breach_issue.repository': breachIssue.repository,
    'job_issues.enabled': jobIssues.enabled,
    'job_issues.labels': jobIssues.labels,
    owners: policy.owners,
    'retest.execute': retest.execute,
    'hunt.enabled': hunt.enabled,
    'hunt.max_runs': hunt.maxRuns,
    'hunt.max_minutes': hunt.maxMinutes,
    'report.unasked': report.unasked,
    'report.check_run': report.checkRun,
  }
}
