/** PostgreSQL failures: after each, everything acknowledged is stored and the app recovers automatically. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerProcess, startAppProcess } from '../../bench/processes.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { deliveriesOfHeads, lost, senderOf } from './crash.ts'

let server: PostgresServer
let app: ServerProcess
let address: string
let sender: ReturnType<typeof senderOf>

beforeAll(async () => {
  server = await startPostgres(['max_connections=30'])
  address = `${server.address}/postgres`
  app = await startAppProcess(address)
  sender = senderOf(app, deliveriesOfHeads(400))
})
afterAll(async () => {
  await app?.kill()
  await server?.remove()
})

/** Expects that everything acknowledged is stored and the next deliveries are accepted. */
async function expectWhole(): Promise<void> {
  expect(await sender.send(8)).toEqual({ 202: 8 })
  expect(await lost(address, sender.acknowledged)).toEqual([])
}

async function executeSql(...statements: string[]): Promise<void> {
  const client = new pg.Client(address)
  client.on('error', () => {})
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

test('while PostgreSQL is down, deliveries are refused with a message and nothing is lost', async () => {
  await expectWhole()
  const during = sender.send(200)
  await sleep(30)
  await server.kill()
  expect(Object.keys(await during).every((status) => status === '202' || status === '503')).toBe(true)
  expect(await sender.send(5)).toEqual({ 503: 5 })
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${app.url}/readyz`)).status).toBe(503)
  await server.start()
  await expectWhole()
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
})

test('after an operator terminates the connections, the next delivery uses a new one', async () => {
  await executeSql(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  )
  await sleep(100)
  await expectWhole()
})

test('deliveries are refused while the database is read-only', async () => {
  await executeSql(`alter system set default_transaction_read_only = on`, 'select pg_reload_conf()')
  await sleep(300)
  expect(await sender.send(5)).toEqual({ 503: 5 })
  await executeSql(
    'set default_transaction_read_only = off',
    'alter system reset default_transaction_read_only',
    'select pg_reload_conf()',
  )
  await sleep(300)
  await expectWhole()
})

test('with a database two seconds slow, every delivery is stored within GitHub’s ten seconds', async () => {
  const client = new pg.Client(address)
  await client.connect()
  await client.query('begin; lock table delivery in access exclusive mode')
  const started = performance.now()
  const during = sender.send(20)
  await sleep(2000)
  await client.query('commit')
  await client.end()
  expect(await during).toEqual({ 202: 20 })
  expect(performance.now() - started).toBeLessThan(9000)
  await expectWhole()
})

test('deliveries are refused until the full disk has space', async () => {
  // Raises PostgreSQL's error for a full disk without filling one.
  await executeSql(
    `create function full_disk() returns trigger language plpgsql as
      $$begin raise exception using errcode = '53100', message = 'could not extend file: No space left on device'; end$$`,
    'create trigger full_disk before insert on observation for each row execute function full_disk()',
  )
  const during = await sender.send(6)
  expect(during[503]).toBeGreaterThan(0)
  await executeSql('drop function full_disk cascade')
  await expectWhole()
})

test('the app accepts deliveries on its own connections when the server has none left', async () => {
  const hogs = Array.from({ length: 30 }, () => new pg.Client(address))
  const held = await Promise.allSettled(
    hogs.map((hog) => {
      hog.on('error', () => {})
      return hog.connect()
    }),
  )
  expect(held.some((result) => result.status === 'rejected')).toBe(true)
  const statuses = await sender.send(10)
  expect(Object.keys(statuses).every((status) => status === '202' || status === '503')).toBe(true)
  await Promise.allSettled(hogs.map((hog) => hog.end()))
  await expectWhole()
})
