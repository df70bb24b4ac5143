/** `reattribute`: re-evaluates history under the current definitions, and prints the old figures next to the new ones. */
import { Command } from 'commander'
import type { Db, Row } from '../db/schema.ts'
import { countsOf, readVersions } from '../db/sla.ts'
import { reattribute } from '../derive/reattribute.ts'
import { DEFAULT_SETTINGS, type Settings } from '../domain/settings.ts'
import { DEFINITION_VERSION, slaOf } from '../domain/sla.ts'
import { readSettingsFile } from '../settings/read.ts'
import { versionsTable } from '../texts/versions-table.ts'
import { withDatabase } from './database.ts'
import { progress } from './progress.ts'
import { findRepositories } from './repositories.ts'

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
      're-evaluate every flake under the current definitions; old figures are kept next to the new ones',
    )
    .option('--repository <owner/name>', 'one repository (default: all)')
    .option('--config <file>', 'settings as in .github/flake-sla.yml, for every repository')
    .option('--json', 'print the figures of each version as JSON')
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .action((options: ReattributeOptions) =>
      withDatabase(options.databaseUrl, async (db) => {
        const settings = options.config ? await readSettingsFile(options.config) : DEFAULT_SETTINGS
        const results = []
        for (const repository of await findRepositories(db, options.repository))
          results.push(await reattributeRepository(db, repository, settings))
        process.stdout.write(
          options.json
            ? `${JSON.stringify({ definition_version: DEFINITION_VERSION, repositories: results }, null, 2)}\n`
            : `${results.map(versionsTable).join('\n\n')}\n`,
        )
      }),
    )
}

async function reattributeRepository(
  db: Db,
  { repository_id, full_name }: Row<'repository'>,
  settings: Settings,
) {
  const bars = new Map<string, ReturnType<typeof progress>>()
  const flakes = await reattribute(db, repository_id, settings, {
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
