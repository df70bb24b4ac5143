/** What each command does and who may give it: the one description behind the help comment, the help page and the README. */

export interface CommandHelp {
  /** As it is written. */
  usage: string
  who: string
  what: string
  example: string
}

export const COMMAND_HELP: readonly CommandHelp[] = [
  {
    usage: '/flake-report',
    who: 'anybody who can comment',
    what: 'Answers with what to do about the red jobs of the newest commit, whose fault each flake is likely to be, and where the SLA stands.',
    example: '/flake-report',
  },
  {
    usage: '/flake-report JOB',
    who: 'anybody who can comment',
    what: 'The same for one job, by its full name.',
    example: '/flake-report unit (ubuntu)',
  },
  {
    usage: '/flake-report ?',
    who: 'anybody who can comment',
    what: 'This help.',
    example: '/flake-report ?',
  },
  {
    usage: '/flake not-mine REASON, /flake mine REASON, /flake reset',
    who: 'people with write permission',
    what: 'Corrects whose fault the flakes of this pull request are, or takes the correction back; kept with name and reason, and stronger than the program’s own judgement. A job’s name in backquotes before the reason means that job alone.',
    example: '/flake not-mine the registry was down',
  },
  {
    usage: '/retest, /retest-required, /test JOB, /test all',
    who: 'as your CI allows; where this app runs jobs again, people with write permission and the pull request’s author',
    what: 'Noted as belief that a failure was a flake. Where the settings say retest: { execute: true }, this app runs again what has failed at the newest commit: all, the required, or the named jobs.',
    example: '/test unit',
  },
  {
    usage: '/hunt JOB, /hunt JOB N',
    who: 'people with write permission',
    what: 'Where the settings say hunt: { enabled: true }: runs a job of the newest commit again and again, at most N times and within the minutes that the settings allow, to learn how often it fails and whether its failures come alone. Its runs do not count in the SLA.',
    example: '/hunt unit 20',
  },
]

/** What holds for all of them. */
export const COMMAND_RULES: readonly string[] = [
  'A command stands at the start of a line of a new comment, review or pull request; edits and code blocks are not read.',
  'Bots are not answered, nor locked conversations. Ten reports an hour are written for one person.',
]
