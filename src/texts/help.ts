/** The answer to `/flake-report ?`, and the same table for the README. */
import { COMMAND_HELP, COMMAND_RULES } from '../domain/command-help.ts'
import { codeCell } from './markdown.ts'

/** A Markdown table with a row for each command. */
function commandTable(): string[] {
  const rows = COMMAND_HELP.map(({ usage, who, what, example }) => {
    const commands = usage.split(', ').map((command) => codeCell(command))
    return `| ${commands.join(', ')} | ${who} | ${what} | ${codeCell(example)} |`
  })
  return ['| Command | Who can use it | What it does | Example |', '| --- | --- | --- | --- |', ...rows]
}

/** The table, followed by the rules for all commands. */
export function commandSection(): string[] {
  return [...commandTable(), '', COMMAND_RULES.join(' ')]
}

/** The whole comment. */
export function helpText(): string {
  return ['**flake-sla commands**', '', ...commandSection()].join('\n')
}
