/** The migrations, and the schema that they create, which is compared with everything that describes it. */

import { readdirSync, readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { dumpSchema } from '../../scripts/schema.ts'
import { openDatabase } from '../../src/db/client.ts'
import { isMigrated, MIGRATIONS, migrate } from '../../src/db/migrate.ts'
import { bulkColumns } from '../../src/db/rows.ts'
import type { Db } from '../../src/db/schema.ts'
import { createServerDatabase, eachDatabase } from '../support/database.ts'

/** Columns that bulk writes leave out: they have a default, or are filled in later. */
const FILLED_LATER: Record<string, string[]> = {
  flake: ['incident', 'attribution', 'probability', 'counted', 'evidence', 'correction'],
  outbox: ['attempts', 'done_at', 'result', 'url', 'last_error'],
  stale_head: ['seq'],
  stale_verdict: ['seq'],
  stale_window: ['seq'],
  stale_week: ['seq'],
}

async function columnsOf(db: Db): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ table: string; columns: string[] }>`select table_name as table,
      json_agg(column_name order by ordinal_position) as columns
    from information_schema.columns where table_schema = 'public' and table_name not like 'kysely\\_%'
    group by table_name`.execute(db)
  return new Map(rows.map((row) => [row.table, row.columns]))
}

test('every migration in the folder is listed in order, and each number is used once', () => {
  const files = readdirSync(new URL('../../migrations', import.meta.url)).sort()
  expect(files.length).toBeGreaterThan(1)
  expect(Object.keys(MIGRATIONS).map((name) => `${name}.ts`)).toEqual(files)
  expect(new Set(files.map((name) => name.slice(0, 4))).size).toBe(files.length)
})

eachDatabase((db) => {
  test('migrating again changes nothing', async () => {
    expect(await migrate(db())).toEqual([])
    expect(await isMigrated(db())).toBe(true)
  })

  test('docs/schema.sql equals the schema that the migrations create (`npm run docs` writes it)', async () => {
    const written = readFileSync(new URL('../../docs/schema.sql', import.meta.url), 'utf8')
    expect(written).toBe(await dumpSchema(db()))
  })

  test('every key begins with the repository, so that the tables can be distributed by it', async () => {
    const { rows } = await sql<{
      table: string
      first: string
    }>`select distinct on (r.relname) r.relname as table, a.attname as first
      from pg_constraint c join pg_class r on r.oid = c.conrelid
        join pg_attribute a on a.attrelid = r.oid and a.attnum = c.conkey[1]
      where c.contype in ('p', 'u') and r.relnamespace = 'public'::regnamespace and r.relname not like 'kysely\\_%'
      order by r.relname, c.contype`.execute(db())
    expect(rows.map((row) => row.table).sort()).toEqual([...(await columnsOf(db())).keys()].sort())
    expect(
      rows
        .filter((row) => row.first !== 'repository_id')
        .map((row) => row.table)
        .sort(),
    ).toEqual([
      // These do not belong to a repository: hunts, installations, deliveries, timers, the server's state and sessions.
      'database_timeline',
      'delivery_check',
      'delivery_cursor',
      'hunt',
      'hunt_run',
      'installation',
      'missed_delivery',
      'session',
      'tick',
    ])
  })

  test('bulk writes use every column of the schema that is not filled in later', async () => {
    const columns = await columnsOf(db())
    for (const [table, written] of Object.entries(bulkColumns)) {
      const expected = (columns.get(table) ?? []).filter((column) => !FILLED_LATER[table]?.includes(column))
      expect([table, ...[...written].sort()]).toEqual([table, ...expected.sort()])
    }
  })

  test('columns that are filled in later are nullable or have a default', async () => {
    const { rows } = await sql<{ name: string }>`select table_name || '.' || column_name as name
      from information_schema.columns where table_schema = 'public'
        and (is_nullable = 'YES' or column_default is not null or is_identity = 'YES')`.execute(db())
    const optional = rows.map((row) => row.name)
    const later = Object.entries(FILLED_LATER).flatMap(([table, names]) =>
      names.map((name) => `${table}.${name}`),
    )
    expect(later.filter((name) => !optional.includes(name))).toEqual([])
  })
})

describe('processes that start together', () => {
  test('migrate an empty PostgreSQL database once', async () => {
    const url = await createServerDatabase({ migrated: false })
    const databases = await Promise.all([1, 2, 3].map(() => openDatabase(url, { poolSize: 2 })))
    try {
      const applied = await Promise.all(databases.map(({ db }) => migrate(db)))
      expect(applied.flat().sort()).toEqual(Object.keys(MIGRATIONS))
    } finally {
      await Promise.all(databases.map((database) => database.close()))
    }
  })
})
