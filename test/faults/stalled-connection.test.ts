/** Database connections stall: they stay open but carry no data, as when the server's machine loses power. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { checkRunDelivery } from '../support/deliveries.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'

// A new connection can take a second on a busy machine.
const LIMITS = { timeoutMs: 300, probeMs: 3000 }

/** A proxy to the server that can stop carrying data, on existing and new connections. */
async function startLine(port: number) {
  const state = { isSilent: false }
  const sockets = new Set<Socket>()
  const line = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const pairs: [Socket, Socket][] = [
      [near, far],
      [far, near],
    ]
    for (const [from, to] of pairs) {
      sockets.add(from)
      from.on('data', (bytes) => state.isSilent || to.write(bytes))
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  return {
    state,
    port: (line.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy()
      line.close()
    },
  }
}

let server: PostgresServer
let line: Awaited<ReturnType<typeof startLine>>
let database: OpenDatabase
beforeAll(async () => {
  server = await startPostgres([])
  line = await startLine(server.port)
  database = await openDatabase(`postgres://postgres@127.0.0.1:${line.port}/postgres`, {
    stallLimits: LIMITS,
  })
  await migrate(database.db)
})
afterEach(() => {
  line.state.isSilent = false
})
afterAll(async () => {
  await database?.close()
  line?.close()
  await server?.remove()
})

test('a delivery on a stalled connection fails, and the next is accepted once the database is back', async () => {
  const recorder = createRecorder(database.db, { now: () => 0, tasks: true })
  expect(await recorder.record(checkRunDelivery({ id: 1 }))).toEqual({ outcome: 'recorded' })
  line.state.isSilent = true
  await expect(recorder.record(checkRunDelivery({ id: 2 }))).rejects.toThrow(/does not answer/)
  line.state.isSilent = false
  expect(await recorder.record(checkRunDelivery({ id: 3 }))).toEqual({ outcome: 'recorded' })
}, 20_000)

test('a slow query is not ended while the server answers new connections', async () => {
  const { rows } = await sql<{ slept: string }>`select pg_sleep(2)::text as slept`.execute(database.db)
  expect(rows).toHaveLength(1)
})
