/** The answer to `/flake-report ?`, and the same table for the README. */
import { COMMAND_HELP, COMMAND_RULES } from '../domain/command-help.ts'
import { codeCell } from './markdown.ts'

/** The commands as a Markdown table, one row each. */
export function commandTable(): string[] {
  const rows = COMMAND_HELP.map(({ usage, who, what, example }) => {
    const commands = usage.split(', ').map((one) => codeCell(one))
    return `| ${commands.join(', ')} | ${who} | ${what} | ${codeCell(example)} |`
  })
  return ['| Command | Who may | What it does | Example |', '| --- | --- | --- | --- |', ...rows]
}

/** The whole comment. */
export function helpText(): string {
  return ['**Commands of flake-sla**', '', ...commandTable(), '', ...COMMAND_RULES].join('\n')
}
