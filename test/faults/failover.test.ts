/** PostgreSQL fails over to a replica that lacks the last second: the missing deliveries are requested again. */
import pg from 'pg'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/db/client.ts'
import { readTimeline } from '../../src/db/database-state.ts'
import { isTakenOver } from '../../src/db/delivery-checks.ts'
import { reconcile } from '../../src/features/redelivery/redelivery.ts'
import { startTestApp } from '../support/app.ts'
import { checkRunDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { startPostgres } from '../support/postgres-server.ts'

test('an acknowledged delivery that the replica lacks is redelivered', async () => {
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

    // The failover has been handled: the next run asks for failed deliveries only, as usual.
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
