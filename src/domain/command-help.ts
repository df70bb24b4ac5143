/** How commands are described in the help comment, on the help page and in the README. Each feature describes its own. */

export interface CommandHelp {
  /** The command's forms, separated by commas. */
  usage: string
  who: string
  what: string
  example: string
}

/** Rules for all commands. */
export const COMMAND_RULES: readonly string[] = [
  'Start the line with the command, in a new comment, review or pull request description. Edits and code blocks are ignored.',
  'Bots and locked conversations get no answer. Limit: ten reports per person per hour.',
]
