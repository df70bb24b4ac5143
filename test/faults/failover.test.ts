/** PostgreSQL's machine is lost, and a replica takes over that had not heard of the last second: what it lacks is got again. */
import pg from 'pg'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/db/client.ts'
import { readTimeline } from '../../src/db/database-state.ts'
import { isTakenOver } from '../../src/db/gaps.ts'
import { reconcile } from '../../src/features/redelivery/redelivery.ts'
import { startTestApp } from '../support/app.ts'
import { checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { startPostgres } from '../support/postgres-server.ts'

test('a delivery that was acknowledged and that the replica lacks is noticed and ordered again', async () => {
  const server = await startPostgres(['max_connections=30'])
  const address = `${server.address}/postgres`
  try {
    const on = await startTestApp({ database: await openDatabase(address) })
    const { db } = on.app.deps
    const hand = async (delivery: ReturnType<typeof pullRequestDelivery>) =>
      on.fakeGitHub.deliver({
        ...delivery,
        payload: delivery.payload as Record<string, unknown>,
        recorded: true,
      })
    const stored = async () => (await db.selectFrom('delivery').select('guid').execute()).length
    await hand(pullRequestDelivery())
    await reconcile(on.app.deps)
    await server.copy()
    await hand(checkRunDelivery({ conclusion: 'failure' }))
    await hand(checkRunDelivery({ conclusion: 'success', minute: 20 }))
    expect(await stored()).toBe(3)

    await server.failOver()
    await promote(address)
    expect(await stored()).toBe(1)
    for (let round = 0; round < 2; round++) {
      await reconcile(on.app.deps)
      await on.fakeGitHub.settled()
      on.clock.now += 5 * 60_000
    }
    expect(await stored()).toBe(3)
    const missed = await db.selectFrom('missed_delivery').selectAll().execute()
    expect(missed.map((delivery) => delivery.result)).toEqual(['recorded', 'recorded'])
    await on.app.settle()
    expect(await db.selectFrom('flake').selectAll().execute()).toHaveLength(1)

    // The failover is known now: the next look asks for what failed, as always.
    expect(await isTakenOver(db, await readTimeline(db))).toBe(false)
  } finally {
    await server.remove()
  }
}, 60_000)

async function promote(address: string): Promise<void> {
  const client = new pg.Client(address)
  client.on('error', () => {})
  await client.connect()
  await client.query('select pg_promote(true)')
  await client.end()
}
