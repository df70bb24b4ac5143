/** The answer to `/flake-report ?`, and the same table for the README. */
import { COMMAND_HELP, COMMAND_RULES } from '../domain/command-help.ts'
import { codeCell } from './markdown.ts'

/** The commands, one row each. */
function commandTable(): string[] {
  const rows = COMMAND_HELP.map(({ usage, who, what, example }) => {
    const commands = usage.split(', ').map((one) => codeCell(one))
    return `| ${commands.join(', ')} | ${who} | ${what} | ${codeCell(example)} |`
  })
  return ['| Command | Who may | What it does | Example |', '| --- | --- | --- | --- |', ...rows]
}

/** The table and what holds for every command. */
export function commandSection(): string[] {
  return [...commandTable(), '', COMMAND_RULES.join(' ')]
}

/** The whole comment. */
export function helpText(): string {
  return ['**Commands of flake-sla**', '', ...commandSection()].join('\n')
}
