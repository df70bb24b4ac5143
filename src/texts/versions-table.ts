/** Figures of one repository under each version of the definitions, side by side. */
import { count, percent } from './figures.ts'

/** Weeks, oldest first, each with the figures of every version that it was measured under. */
export interface VersionedWeeks {
  repository: string
  flakes: number
  weeks: {
    start: string
    versions: { definition_version: number; flakes_counted: number; prs: number; rate: number | null }[]
  }[]
}

/** A line a week: what each version counted. */
export function versionsTable({ repository, flakes, weeks }: VersionedWeeks): string {
  const versions = [
    ...new Set(weeks.flatMap((week) => week.versions.map((one) => one.definition_version))),
  ].sort((a, b) => a - b)
  const head = ['week of   ', ...versions.map((version) => `version ${version}`.padEnd(20))].join('  ')
  const lines = weeks.map(({ start, versions: told }) => {
    const cells = versions.map((version) => {
      const one = told.find((row) => row.definition_version === version)
      return (one ? `${one.flakes_counted} of ${one.prs}: ${percent(one.rate)}` : '–').padEnd(20)
    })
    return [start, ...cells].join('  ').trimEnd()
  })
  return [`${repository}: ${count(flakes, 'flake')} judged again`, head.trimEnd(), ...lines].join('\n')
}
