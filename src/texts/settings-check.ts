/** What a pull request that changes the settings is told by its check run. */
import { count } from './figures.ts'
import { clipBody, code, codeCell } from './markdown.ts'

export interface SettingsCheck {
  problems: string[]
  changes: { setting: string; before: string; after: string }[]
  /** Jobs seen on pull requests that would count from then on, or no longer. */
  jobsAdded: string[]
  jobsDropped: string[]
  /** The file is the organisation's: it holds for all of its repositories. */
  isOrganisation: boolean
}

const MOST = 50

/** One line, for the list of checks. */
export function settingsCheckTitle({ problems, changes }: SettingsCheck): string {
  if (problems.length > 0) return `${count(problems.length, 'problem')}: the settings could not be used`
  return changes.length === 0 ? 'Changes no setting' : `Would change ${count(changes.length, 'setting')}`
}

/** The check run's page, in Markdown. */
export function settingsCheckSummary(check: SettingsCheck): string {
  const { problems, changes, jobsAdded, jobsDropped, isOrganisation } = check
  if (problems.length > 0) {
    return clipBody(
      [
        'Merged like this, the file would be left aside and the last settings that could be used would stand.',
        '',
        ...problems.map((problem) => `- ${code(problem, 400)}`),
      ].join('\n'),
    )
  }
  if (changes.length === 0) return 'The settings stay as they are.'
  const lines = [
    `From the merge on${isOrganisation ? ', in every repository of the organisation that does not set it itself' : ''}:`,
    '',
    '| Setting | Now | Then |',
    '| --- | --- | --- |',
    ...changes.map(
      ({ setting, before, after }) => `| ${codeCell(setting)} | ${codeCell(before)} | ${codeCell(after)} |`,
    ),
    '',
    ...jobs('Jobs that would count as well', jobsAdded),
    ...jobs('Jobs that would no longer count', jobsDropped),
    'Days and weeks that have ended keep the figures they have.',
  ]
  return clipBody(lines.join('\n'))
}

function jobs(title: string, names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : ''
  return [
    `${title}: ${names
      .slice(0, MOST)
      .map((name) => code(name))
      .join(', ')}${more}.`,
    '',
  ]
}
