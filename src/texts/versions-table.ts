/** One repository's weeks under each definition version, side by side. */
import { count, percent } from './figures.ts'

/** Weeks, oldest first, each with its figures under every definition version it was measured with. */
export interface VersionedWeeks {
  repository: string
  flakes: number
  weeks: {
    start: string
    versions: { definition_version: number; flakes_counted: number; prs: number; rate: number | null }[]
  }[]
}

/** A line per week with the counted flakes, pull requests and rate of each version. */
export function versionsTable({ repository, flakes, weeks }: VersionedWeeks): string {
  const versions = [
    ...new Set(weeks.flatMap((week) => week.versions.map((figures) => figures.definition_version))),
  ].sort((a, b) => a - b)
  const head = ['week of   ', ...versions.map((version) => `version ${version}`.padEnd(20))].join('  ')
  const lines = weeks.map(({ start, versions: measured }) => {
    const cells = versions.map((version) => {
      const figures = measured.find((row) => row.definition_version === version)
      return (figures ? `${figures.flakes_counted} / ${figures.prs} = ${percent(figures.rate)}` : '–').padEnd(
        20,
      )
    })
    return [start, ...cells].join('  ').trimEnd()
  })
  return [`${repository}: ${count(flakes, 'flake')} re-evaluated`, head.trimEnd(), ...lines].join('\n')
}
