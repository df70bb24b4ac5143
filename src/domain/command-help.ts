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
    usage: '/retest, /retest-required, /test JOB, /test all',
    who: 'as your CI allows',
    what: 'CI’s own commands. They are noted as belief that a failure was a flake; this app runs jobs again only where the settings say so.',
    example: '/test unit',
  },
]

/** What holds for all of them. */
export const COMMAND_RULES: readonly string[] = [
  'A command stands at the start of a line of a new comment, review or pull request; edits and code blocks are not read.',
  'Bots are not answered, nor locked conversations. Ten reports an hour are written for one person.',
]
