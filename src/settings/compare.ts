/** Lists what differs between two versions of the settings, by the names that the file uses. */
import type { Settings } from '../domain/settings.ts'

export interface SettingsChange {
  /** As in the file: `breach_issue.mode`. */
  setting: string
  before: string
  after: string
}

/** The settings whose values differ, in the order of the file; values as the file would write them. */
export function compareSettings(before: Settings, after: Settings): SettingsChange[] {
  const old = flat(before)
  const fresh = flat(after)
  return Object.keys(old)
    .map((setting) => ({
      setting,
      before: JSON.stringify(old[setting]),
      after: JSON.stringify(fresh[setting]),
    }))
    .filter((change) => change.before !== change.after)
}

function flat(settings: Settings): Record<string, unknown> {
  const { breachIssue, jobIssues, retest, hunt, report, attribution } = settings
  return {
    target: settings.target,
    time_zone: settings.timeZone,
    required: settings.required,
    ignore: settings.ignore,
    'gates.include': settings.gates.include,
    'gates.exclude': settings.gates.exclude,
    outcomes: settings.outcomes,
    bots: settings.bots,
    require_same_base: settings.requireSameBase,
    'attribution.same_author_is_independent': attribution.sameAuthorIsIndependent,
    'attribution.paths': attribution.paths,
    'breach_issue.mode': breachIssue.mode,
    'breach_issue.labels': breachIssue.labels,
    'breach_issue.assignees': breachIssue.assignees,
    'breach_issue.repository': breachIssue.repository,
    'job_issues.enabled': jobIssues.enabled,
    'job_issues.labels': jobIssues.labels,
    owners: settings.owners,
    'retest.execute': retest.execute,
    'retest.words': retest.words,
    'retention.run_days': settings.retention.runDays,
    'hunt.enabled': hunt.enabled,
    'hunt.max_runs': hunt.maxRuns,
    'hunt.max_minutes': hunt.maxMinutes,
    'report.automatic': report.automatic,
    'report.check_run': report.checkRun,
  }
}
