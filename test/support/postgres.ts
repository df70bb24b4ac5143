/** One PostgreSQL server for the whole test run with a migrated template database, and a template of the embedded database. */
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { sql } from 'kysely'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `postgres://…` of the server, without a database's name. */
    postgresServer: string
    /** The path of a file with the data folder of a migrated embedded database. */
    embeddedTemplate: string
  }
}

export const TEMPLATE = 'flake_sla_template'
// The data does not outlive the test run, so it need not reach the disk.
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=60']

/** Vitest's global setup: starts the server, provides its address, and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres(SETTINGS)
  await createTemplate(server.address)
  project.provide('postgresServer', server.address)
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-template-'))
  const dump = join(folder, 'migrated.tar')
  await dumpEmbedded(folder, dump)
  project.provide('embeddedTemplate', dump)
  return async () => {
    await server.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function dumpEmbedded(folder: string, dump: string): Promise<void> {
  const data = join(folder, 'data')
  const template = await openDatabase(data)
  await migrate(template.db)
  await template.close()
  const pglite = await PGlite.create(data)
  await writeFile(dump, Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()))
  await pglite.close()
}

async function createTemplate(address: string): Promise<void> {
  const server = await openDatabase(`${address}/postgres`, { poolSize: 1 })
  await sql`create database ${sql.id(TEMPLATE)}`.execute(server.db)
  await server.close()
  const template = await openDatabase(`${address}/${TEMPLATE}`, { poolSize: 1 })
  await migrate(template.db)
  await template.close()
}
