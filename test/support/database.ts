/** Databases for tests. A test can run on the embedded PostgreSQL and on a server, because PGlite has one connection and hides races. */

import { randomUUID } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../src/db/client.ts'
import type { Db } from '../../src/db/schema.ts'
import { TEMPLATE } from './postgres.ts'

export type DatabaseKind = 'PGlite' | 'PostgreSQL'

/**
 * Runs the tests on both databases. Each test finds the schema migrated and the tables empty.
 * @param tests receives a function that returns the database, which is open only while tests run
 */
export function eachDatabase(tests: (db: () => Db, kind: DatabaseKind) => void): void {
  describe.each<DatabaseKind>(['PGlite', 'PostgreSQL'])('on %s', (kind) => {
    tests(useDatabase(kind), kind)
  })
}

/** One migrated database for the tests of a block, emptied before each. */
export function useDatabase(kind: DatabaseKind = 'PGlite'): () => Db {
  let open: OpenDatabase
  beforeAll(async () => {
    open = kind === 'PGlite' ? await openEmbedded() : await openServer()
  })
  beforeEach(() => empty(open.db))
  afterAll(() => open?.close())
  return () => open.db
}

/** A migrated database in memory. */
export async function openEmbedded(): Promise<OpenDatabase> {
  return openDatabase('memory', { contents: await openAsBlob(inject('embeddedTemplate')) })
}

/** Creates a database on the server, as a copy of the migrated template or empty. @returns its address */
export async function createServerDatabase({ migrated = true } = {}): Promise<string> {
  const address = inject('postgresServer')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const server = await openDatabase(`${address}/postgres`, { poolSize: 1 })
  await sql`create database ${sql.id(name)} template ${sql.id(migrated ? TEMPLATE : 'template0')}`.execute(
    server.db,
  )
  await server.close()
  return `${address}/${name}`
}

async function openServer(): Promise<OpenDatabase> {
  return openDatabase(await createServerDatabase(), { poolSize: 4 })
}

/** Empties every table except those of the migrations. */
export async function empty(db: Db): Promise<void> {
  const tables = await sql<{ name: string }>`select tablename as name from pg_tables
    where schemaname = 'public' and tablename not like 'kysely_%'`.execute(db)
  const names = sql.join(tables.rows.map((row) => sql.table(row.name)))
  await sql`truncate ${names} restart identity`.execute(db)
}
