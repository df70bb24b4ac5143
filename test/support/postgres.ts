/** One real PostgreSQL for the whole test run, with a migrated template that each test file copies. */
import { sql } from 'kysely'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { startPostgres } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `postgres://…` of the server, without a database's name. */
    postgresServer: string
  }
}

export const TEMPLATE = 'flake_sla_template'
// Nothing outlives the run, so nothing has to reach the disk.
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=60']

/** Vitest's global setup: starts the server, provides its address, and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres(SETTINGS)
  await createTemplate(server.address)
  project.provide('postgresServer', server.address)
  return server.remove
}

async function createTemplate(address: string): Promise<void> {
  const server = await openDatabase(`${address}/postgres`, { poolSize: 1 })
  await sql`create database ${sql.id(TEMPLATE)}`.execute(server.db)
  await server.close()
  const template = await openDatabase(`${address}/${TEMPLATE}`, { poolSize: 1 })
  await migrate(template.db)
  await template.close()
}
