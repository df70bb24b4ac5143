/** The check run on a pull request that changes the settings file. */
import { count } from './figures.ts'
import { clipBody, code, codeCell } from './markdown.ts'

export interface SettingsCheck {
  problems: string[]
  changes: { setting: string; before: string; after: string }[]
  /** Jobs seen on pull requests that would start or stop counting. */
  jobsAdded: string[]
  jobsDropped: string[]
  /** Whether the file is the organisation's, which applies to all of its repositories. */
  isOrganisation: boolean
}

const MAX_JOBS = 50

/** The check run's title. */
export function settingsCheckTitle({ problems, changes }: SettingsCheck): string {
  if (problems.length > 0) return `${count(problems.length, 'problem')}: these settings cannot be used`
  return changes.length === 0 ? 'No setting changes' : `Would change ${count(changes.length, 'setting')}`
}

/** The check run's summary, in Markdown. */
export function settingsCheckSummary(check: SettingsCheck): string {
  const { problems, changes, jobsAdded, jobsDropped, isOrganisation } = check
  if (problems.length > 0) {
    return clipBody(
      [
        'If merged, this file would be ignored and the last usable settings would stay in force.',
        '',
        ...problems.map((problem) => `- ${code(problem, 400)}`),
      ].join('\n'),
    )
  }
  if (changes.length === 0) return 'The effective settings stay the same.'
  const lines = [
    `After the merge${isOrganisation ? ', in every repository of the organisation that does not set it itself' : ''}:`,
    '',
    '| Setting | Now | After the merge |',
    '| --- | --- | --- |',
    ...changes.map(
      ({ setting, before, after }) => `| ${codeCell(setting)} | ${codeCell(before)} | ${codeCell(after)} |`,
    ),
    '',
    ...jobs('Jobs that would start to count', jobsAdded),
    ...jobs('Jobs that would stop counting', jobsDropped),
    'Closed days and weeks keep their figures.',
  ]
  return clipBody(lines.join('\n'))
}

function jobs(title: string, names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > MAX_JOBS ? ` and ${names.length - MAX_JOBS} more` : ''
  return [
    `${title}: ${names
      .slice(0, MAX_JOBS)
      .map((name) => code(name))
      .join(', ')}${more}.`,
    '',
  ]
}
