/** `/flake-report` and the same report without a command. */
import type { CommandHelp } from '../../domain/command-help.ts'
import type { FeatureTasks } from '../feature.ts'
import { writeAutomaticReport } from './automatic.ts'
import { answerReport } from './report.ts'

export { requestAutomaticReports } from './automatic.ts'

export const tasks = {
  report: { run: answerReport },
  automatic: { run: writeAutomaticReport },
} satisfies FeatureTasks

export const help: readonly CommandHelp[] = [
  {
    usage: '/flake-report',
    who: 'anyone who can comment',
    what: 'Says what to do about the red jobs of the newest commit, whether the pull request probably caused each flake, and how the repository does against the SLA.',
    example: '/flake-report',
  },
  {
    usage: '/flake-report JOB',
    who: 'anyone who can comment',
    what: 'The same for one job, by its full name, with or without backquotes.',
    example: '/flake-report unit (ubuntu)',
  },
  {
    usage: '/flake-report ?',
    who: 'anyone who can comment',
    what: 'Shows this help.',
    example: '/flake-report ?',
  },
]
