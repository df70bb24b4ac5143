/** `reattribute`: re-evaluates history under the current definitions, and prints the old figures next to the new ones. */
import { Command } from 'commander'
import type { Db, Row } from '../db/schema.ts'
import { countsOf, readVersions } from '../db/sla.ts'
import type { ReadSettings } from '../derive/classify.ts'
import { reattribute } from '../derive/reattribute.ts'
import { DEFINITION_VERSION, slaOf } from '../domain/sla.ts'
import { versionsTable } from '../texts/versions-table.ts'
import { withDatabase } from './database.ts'
import { progress } from './progress.ts'
import { findRepositories } from './repositories.ts'
import { settingsReader } from './settings.ts'

interface ReattributeOptions {
  repository?: string
  config?: string
  json?: boolean
  databaseUrl?: string
}

/** The command, for the program to add. */
export function reattributeCommand(): Command {
  return new Command('reattribute')
    .description(
      'derive all history again under the current definitions; old figures are kept next to the new ones',
    )
    .option('--repository <owner/name>', 'one repository (default: all)')
    .option(
      '--config <file>',
      'settings as in .github/flake-sla.yml, for every repository (default: the stored settings of each)',
    )
    .option('--json', 'print the figures of each version as JSON')
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .action((options: ReattributeOptions) =>
      withDatabase(options.databaseUrl, async (db) => {
        const settingsOf = await settingsReader(db, options.config)
        const results = []
        for (const repository of await findRepositories(db, options.repository))
          results.push(await reattributeRepository(db, repository, settingsOf))
        process.stdout.write(
          options.json
            ? `${JSON.stringify({ definition_version: DEFINITION_VERSION, repositories: results }, null, 2)}\n`
            : `${results.map(versionsTable).join('\n\n')}\n`,
        )
      }),
    )
}

/** Derives one repository again. @returns the weeks under each version of the definitions */
export async function reattributeRepository(
  db: Db,
  { repository_id, full_name }: Pick<Row<'repository'>, 'repository_id' | 'full_name'>,
  settingsOf: ReadSettings,
) {
  const bars = new Map<string, ReturnType<typeof progress>>()
  const flakes = await reattribute(db, repository_id, settingsOf, {
    now: Date.now(),
    onProgress(what, count) {
      const bar = bars.get(what) ?? progress(`reattributing ${full_name}`, what)
      bars.set(what, bar)
      bar.add(count)
    },
  })
  for (const bar of bars.values()) bar.end()
  const weeks = Map.groupBy(await readVersions(db, repository_id, 'week'), (row) => row.start)
  return {
    repository: full_name,
    flakes,
    weeks: [...weeks].map(([start, rows]) => ({
      start,
      versions: rows.map((row) => {
        const { prs, flakes, flakes_counted, rate, breached } = slaOf(countsOf(row))
        return { definition_version: row.definition_version, prs, flakes, flakes_counted, rate, breached }
      }),
    })),
  }
}
