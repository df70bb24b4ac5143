/** The answer to `/flake-report ?`, and the same table for the README. */
import { COMMAND_RULES, type CommandHelp } from '../domain/command-help.ts'
import { codeCell } from './markdown.ts'

/** A Markdown table with a row for each command. */
function commandTable(commands: readonly CommandHelp[]): string[] {
  const rows = commands.map(({ usage, who, what, example }) => {
    const forms = usage.split(', ').map((form) => codeCell(form))
    return `| ${forms.join(', ')} | ${who} | ${what} | ${codeCell(example)} |`
  })
  return ['| Command | Who can use it | What it does | Example |', '| --- | --- | --- | --- |', ...rows]
}

/** The table, followed by the rules for all commands. */
export function commandSection(commands: readonly CommandHelp[]): string[] {
  return [...commandTable(commands), '', COMMAND_RULES.join(' ')]
}

/** The whole comment. */
export function helpText(commands: readonly CommandHelp[]): string {
  return ['**flake-sla commands**', '', ...commandSection(commands)].join('\n')
}
