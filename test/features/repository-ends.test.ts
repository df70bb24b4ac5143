/** How it ends: taken off a repository, suspended, renamed, made private, forgotten. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { iso } from '../../src/domain/time.ts'
import { reconcile } from '../../src/features/redelivery/redelivery.ts'
import { deleteExpired } from '../../src/features/retention/retention.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { aDelivery, checkRunDelivery, pullRequestDelivery, REPOSITORY } from '../support/deliveries.ts'

const DAY = 24 * 60
const short = { id: REPOSITORY.id, full_name: REPOSITORY.full_name, private: false }

function installed(change: { added?: object[]; removed?: object[] }, n: number) {
  return aDelivery(
    'installation_repositories',
    {
      action: change.added ? 'added' : 'removed',
      repository: undefined,
      repositories_added: change.added ?? [],
      repositories_removed: change.removed ?? [],
    },
    `guid-${n}`,
  )
}

/** A `repository` event as GitHub sends it: `updated_at` is the time of the change. */
function changed(on: TestApp, action: string, more: object) {
  const repository = { ...REPOSITORY, updated_at: iso(on.clock.now), ...more }
  return aDelivery('repository', { action, repository })
}

const repositories = (on: TestApp) => on.app.deps.db.selectFrom('repository').selectAll().execute()
const runs = (on: TestApp) => on.app.deps.db.selectFrom('observation').select('run_key').execute()

describe('a repository that the app is taken off', () => {
  test('is not recorded until the app is installed again', async () => {
    const on = await startTestApp()
    await on.send(pullRequestDelivery(), checkRunDelivery({ id: 1 }))
    await on.send(installed({ removed: [short] }, 1), checkRunDelivery({ id: 2, minute: 90 }))
    expect(await runs(on)).toHaveLength(1)
    expect(await repositories(on)).toMatchObject([{ removed_at: expect.any(String) }])
    on.clock.now += 60_000
    await on.send(installed({ added: [short] }, 2), checkRunDelivery({ id: 3, minute: 95 }))
    expect(await runs(on)).toHaveLength(2)
    expect(await repositories(on)).toMatchObject([{ removed_at: null }])
  })

  test('is kept for 30 days and then deleted from every table; other repositories are kept', async () => {
    const on = await startTestApp()
    const other = { ...REPOSITORY, id: 1002, full_name: 'acme/gadgets', name: 'gadgets' }
    await on.send(
      pullRequestDelivery(),
      checkRunDelivery({ id: 1, conclusion: 'failure' }),
      checkRunDelivery({ id: 2, minute: 20 }),
    )
    await on.send(pullRequestDelivery({ repository: other }))
    await on.app.settle()
    await on.send(installed({ removed: [short] }, 1))
    on.clock.now += 29 * DAY * 60_000
    await deleteExpired(on.app.deps)
    expect(await repositories(on)).toHaveLength(2)
    on.clock.now += 2 * DAY * 60_000
    // A recent result confirms the clock.
    await on.send(checkRunDelivery({ id: 3, minute: 31 * DAY, repository: other }))
    await on.app.settle()
    await deleteExpired(on.app.deps)
    expect((await repositories(on)).map((one) => one.full_name)).toEqual(['acme/gadgets'])
    const left = await sql<{ name: string }>`select table_name as name from information_schema.columns
      where table_schema = 'public' and column_name = 'repository_id'`.execute(on.app.deps.db)
    for (const { name } of left.rows) {
      const rows = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}
        where repository_id = ${REPOSITORY.id}`.execute(on.app.deps.db)
      expect([name, rows.rows[0]?.n]).toEqual([name, 0])
    }
  })

  test('that was deleted on GitHub is treated the same way', async () => {
    const on = await startTestApp()
    await on.send(pullRequestDelivery(), aDelivery('repository', { action: 'deleted' }))
    await on.send(checkRunDelivery({ id: 2, minute: 90 }))
    expect([await runs(on), (await repositories(on))[0]?.removed_at]).toEqual([[], expect.any(String)])
  })
})

describe('an installation', () => {
  test('whose installation was suspended has a gap, which is backfilled afterwards', async () => {
    const on = await startTestApp()
    await on.send(installed({ added: [short] }, 1), pullRequestDelivery())
    const told = (action: string) =>
      aDelivery('installation', { action, repository: undefined, installation: { id: 77 } })
    on.clock.now += 60_000
    await on.send(told('suspend'))
    on.clock.now += DAY * 60_000
    await on.send(told('unsuspend'))
    await reconcile(on.app.deps)
    const gaps = await on.app.deps.db.selectFrom('gap').select(['reason', 'filled_at']).execute()
    expect(gaps).toEqual([{ reason: 'the app was suspended', filled_at: null }])
    const reading = await on.app.deps.db.selectFrom('backfill').selectAll().execute()
    expect(reading).toMatchObject([{ repository_id: REPOSITORY.id, done_at: null }])
  })
})

describe('a repository', () => {
  test('that changes its name, owner, visibility and default branch stays the same repository', async () => {
    const on = await startTestApp()
    await on.send(pullRequestDelivery())
    const changes: [string, object][] = [
      ['renamed', { full_name: 'acme/things', name: 'things' }],
      ['transferred', { full_name: 'emca/things', name: 'things' }],
      ['privatized', { full_name: 'emca/things', private: true }],
      ['edited', { full_name: 'emca/things', private: true, default_branch: 'trunk' }],
    ]
    for (const [action, more] of changes) {
      on.clock.now += 60_000
      await on.send(changed(on, action, more))
    }
    expect(await repositories(on)).toMatchObject([
      { full_name: 'emca/things', private: true, default_branch: 'trunk', removed_at: null },
    ])
    on.clock.now += 60_000
    await on.send(changed(on, 'publicized', { full_name: 'emca/things', default_branch: 'trunk' }))
    expect(await repositories(on)).toMatchObject([{ private: false }])
  })
})
