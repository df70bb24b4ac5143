/** What each command does and who can use it: the source for the help comment, the help page and the README. */

export interface CommandHelp {
  /** The command's forms, separated by commas. */
  usage: string
  who: string
  what: string
  example: string
}

export const COMMAND_HELP: readonly CommandHelp[] = [
  {
    usage: '/flake-report',
    who: 'anyone who can comment',
    what: 'Says what to do about the red jobs of the newest commit, whether the pull request probably caused each flake, and how the repository does against the SLA.',
    example: '/flake-report',
  },
  {
    usage: '/flake-report JOB',
    who: 'anyone who can comment',
    what: 'The same for one job, by its full name.',
    example: '/flake-report unit (ubuntu)',
  },
  {
    usage: '/flake-report ?',
    who: 'anyone who can comment',
    what: 'Shows this help.',
    example: '/flake-report ?',
  },
  {
    usage: '/flake not-mine REASON, /flake mine REASON, /flake reset',
    who: 'people with write permission',
    what: 'Corrects the attribution of this pull request’s flakes, or removes the correction. It is kept with name and reason and overrides the automatic attribution. To correct one job only, put its name in backquotes before the reason.',
    example: '/flake not-mine the registry was down',
  },
  {
    usage: '/retest, /retest-required, /test JOB, /test all',
    who: 'whoever your CI allows; where this app re-runs jobs, people with write permission and the pull request’s author',
    what: 'Recorded as a sign that a person takes the failure for a flake. With `retest: { execute: true }` in the settings, this app re-runs the failed jobs of the newest commit: all of them, the required ones, or the named ones.',
    example: '/test unit',
  },
  {
    usage: '/hunt JOB, /hunt JOB N',
    who: 'people with write permission',
    what: 'With `hunt: { enabled: true }` in the settings: re-runs a job of the newest commit up to N times, within the time that the settings allow, to measure how often it fails and whether failures cluster. These runs do not count in the SLA.',
    example: '/hunt unit 20',
  },
]

/** Rules for all commands. */
export const COMMAND_RULES: readonly string[] = [
  'Start the line with the command, in a new comment, review or pull request description. Edits and code blocks are ignored.',
  'Bots and locked conversations get no answer. Limit: ten reports per person per hour.',
]
