/** Deployments: the old release on the new schema, and interrupted migrations. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startAppProcess } from '../../bench/processes.ts'
import { openDatabase } from '../../src/db/client.ts'
import { isMigrated, migrate } from '../../src/db/migrate.ts'
import { closeWindows } from '../../src/derive/measure.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { createServerDatabase } from '../support/database.ts'
import { checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { ms, REPOSITORY_ID } from '../support/facts.ts'
import { derive, recordAll } from '../support/pipeline.ts'
import { deliveriesOfHeads, lost, post } from './crash.ts'

test('the old release continues, restarts and accepts deliveries after the new release changed the schema', async () => {
  const address = await createServerDatabase()
  const deliveries = deliveriesOfHeads(10)
  const acknowledged = new Set<string>()
  const old = await startAppProcess(address)
  const send = async (url: string, from: number, to: number) => {
    for (const delivery of deliveries.slice(from, to)) {
      expect(await post(url, delivery)).toBe(202)
      acknowledged.add(delivery.id)
    }
  }
  await send(old.url, 0, 10)
  const { db, close } = await openDatabase(address)
  // A release may add tables, and columns with a default, while the old release still writes.
  await sql`alter table observation add column added text not null default ''`.execute(db)
  await sql`create table later (repository_id bigint primary key)`.execute(db)
  await sql`insert into kysely_migration values ('9999_later', ${new Date().toISOString()})`.execute(db)
  await send(old.url, 10, 20)
  await old.kill()
  const restarted = await startAppProcess(address)
  await send(restarted.url, 20, 30)
  expect((await fetch(`${restarted.url}/readyz`)).status).toBe(200)
  await restarted.stop()
  expect(await lost(address, acknowledged)).toEqual([])
  const names = await sql<{
    name: string
  }>`select name from kysely_migration order by name desc limit 1`.execute(db)
  expect(names.rows).toEqual([{ name: '9999_later' }])
  await close()
})

test('the old release keeps deriving and closing windows after every table got a column', async () => {
  const address = await createServerDatabase()
  // A single connection keeps its prepared statements.
  const { db, close } = await openDatabase(address, { poolSize: 1 })
  const deliveries = [pullRequestDelivery(), checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 })]
  await recordAll(db, deliveries)
  await derive(db, { now: ms(30) })
  const tables = await sql<{ name: string }>`select relname as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'kysely%'`.execute(db)
  expect(tables.rows.length).toBeGreaterThan(30)
  for (const { name } of tables.rows)
    await sql`alter table ${sql.table(name)} add column of_a_later_release text`.execute(db)
  await recordAll(db, [checkRunDelivery({ id: 2, minute: 20 })])
  await derive(db, { now: ms(30) })
  expect(await closeWindows(db, REPOSITORY_ID, DEFAULT_SETTINGS, ms(20_000))).toMatchObject([
    { kind: 'day', flakes: 1 },
    { kind: 'week', flakes: 1 },
  ])
  expect(await closeWindows(db, REPOSITORY_ID, DEFAULT_SETTINGS, ms(20_000))).toEqual([])
  await close()
})

test('an interrupted migration leaves nothing behind, and the next start applies it', async () => {
  const address = await createServerDatabase({ migrated: false })
  const { db, close } = await openDatabase(address)
  const other = await openDatabase(address)
  // The server closes the connection once the migration has created its first tables.
  await sql`create function cut() returns event_trigger language plpgsql as $$begin
    if tg_tag = 'CREATE TABLE' and (select count(*) from pg_class where relname = 'outbox') > 0 then
      perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1);
    end if; end$$`.execute(other.db)
  await sql`create event trigger cut on ddl_command_end execute function cut()`.execute(other.db)
  await expect(migrate(db)).rejects.toThrow()
  const { rows } = await sql`select relname from pg_class where relname in ('outbox', 'observation')`.execute(
    other.db,
  )
  expect(rows).toEqual([])
  await sql`drop event trigger cut`.execute(other.db)
  expect((await migrate(other.db)).length).toBeGreaterThan(2)
  expect(await isMigrated(db)).toBe(true)
  await other.close()
  await close()
})
