/** Adds up what the features bring. Where one feature needs another, this file passes it in: features never import each other. */
import type { CommandHelp } from '../domain/command-help.ts'
import * as backfill from './backfill/index.ts'
import * as breachIssue from './breach-issue/index.ts'
import * as correction from './correction/index.ts'
import type { FeatureTimer, TaskHandlers } from './feature.ts'
import * as hunt from './hunt/index.ts'
import * as identity from './identity/index.ts'
import * as jobIssues from './job-issues/index.ts'
import * as redelivery from './redelivery/index.ts'
import * as report from './report/index.ts'
import * as requiredJobs from './required-jobs/index.ts'
import * as retention from './retention/index.ts'
import * as retest from './retest/index.ts'
import * as settings from './settings/index.ts'
import * as windows from './windows/index.ts'

/** How each kind of task is done. */
export const TASKS: TaskHandlers = {
  ...report.tasks,
  ...correction.tasks,
  ...retest.tasks,
  ...hunt.tasks,
  ...breachIssue.tasks,
  ...jobIssues.tasks,
  ...settings.tasks,
  ...requiredJobs.tasks,
  ...identity.tasks,
}

/** The commands that people write in comments, in the order of the help. */
export const COMMANDS: readonly CommandHelp[] = [
  ...report.help,
  ...correction.help,
  ...retest.help,
  ...hunt.help,
]

/** What is requested for a repository whose windows are closed. */
export const AFTER_CLOSING = [breachIssue.requestBreachIssue, jobIssues.requestJobIssues] as const

/** What is requested once everything recorded so far has been derived. */
export const AFTER_DERIVING = report.requestAutomaticReports

export const TIMERS: readonly FeatureTimer[] = [
  ...windows.timersWith(AFTER_CLOSING),
  ...retention.timers,
  ...settings.timers,
  ...requiredJobs.timers,
  ...redelivery.timers,
  ...backfill.timersWith(requiredJobs.readRequiredJobs),
]
