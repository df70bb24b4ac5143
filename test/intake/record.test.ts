/** The way in: everything may come twice, together, or broken, and one bad delivery takes no other with it. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Db } from '../../src/db/schema.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { eachDatabase } from '../support/database.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  mergeGroupDelivery,
  pullRequestDelivery,
  REPOSITORY,
  statusDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, ms } from '../support/facts.ts'

const FACT_TABLES = [
  'delivery',
  'observation',
  'workflow_run',
  'pull_request_event',
  'comment',
  'rerun_request',
  'merge_group',
  'repository_event',
  'repository',
  'outbox',
] as const

const ALL_KINDS = [
  pullRequestDelivery({ body: '/retest' }),
  checkRunDelivery({ conclusion: 'failure' }),
  checkRunDelivery({ action: 'rerequested', conclusion: 'failure' }),
  statusDelivery(),
  workflowRunDelivery(),
  commentDelivery({ body: '/flake-report' }),
  mergeGroupDelivery(),
  aDelivery('repository', { action: 'edited', changes: { description: { from: 'x' } } }),
]

const recorderOf = (db: Db, tasks = true) => createRecorder(db, { now: () => ms(60), tasks })
const recordAll = (db: Db, deliveries: readonly Delivery[]) => {
  const { record } = recorderOf(db)
  return Promise.all(deliveries.map((one) => record(one)))
}

async function countRows(db: Db): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of FACT_TABLES) {
    const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`.execute(db)
    counts[table] = rows[0]?.rows ?? -1
  }
  return counts
}

eachDatabase((db) => {
  describe('a delivery', () => {
    test('of each kind leaves its facts', async () => {
      const results = await recordAll(db(), ALL_KINDS)
      expect(results.map((one) => one.outcome)).toEqual(ALL_KINDS.map(() => 'recorded'))
      expect(await countRows(db())).toEqual({
        delivery: 8,
        observation: 2,
        workflow_run: 1,
        pull_request_event: 1,
        comment: 2,
        rerun_request: 1,
        merge_group: 1,
        repository_event: 1,
        repository: 1,
        outbox: 2,
      })
    })

    test('sent twice, apart or together, leaves what it left once', async () => {
      await recordAll(db(), ALL_KINDS)
      const once = await countRows(db())
      const again = await recordAll(db(), [...ALL_KINDS, ...ALL_KINDS])
      expect(new Set(again.map((one) => one.outcome))).toEqual(new Set(['duplicate']))
      expect(await countRows(db())).toEqual(once)
    })

    test('told again under another id adds a delivery and no fact', async () => {
      await recordAll(db(), ALL_KINDS)
      const { delivery: _, repository_event: __, outbox: ___, ...once } = await countRows(db())
      await recordAll(
        db(),
        ALL_KINDS.map((one) => ({ ...one, id: `again-${one.id}` })),
      )
      const { delivery, repository_event, outbox, ...twice } = await countRows(db())
      expect(twice).toEqual(once)
      // Each announcement of a change has the required jobs read again.
      expect({ delivery, repository_event, outbox }).toEqual({ delivery: 16, repository_event: 2, outbox: 2 })
    })

    test('twice in one batch is recorded once and once a duplicate', async () => {
      const results = await recordAll(db(), [checkRunDelivery(), checkRunDelivery()])
      expect(results.map((one) => one.outcome)).toEqual(['recorded', 'duplicate'])
    })

    test('that nobody listens to leaves nothing', async () => {
      expect(await recordAll(db(), [aDelivery('star', {})])).toEqual([{ outcome: 'ignored' }])
      expect(await countRows(db())).toMatchObject({ delivery: 0, repository: 0 })
    })

    test('that is not what its event promises is kept as rejected, with the reason', async () => {
      const broken = aDelivery('check_run', { action: 'completed', check_run: { id: 1 } })
      const [result] = await recordAll(db(), [broken])
      expect(result).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('check_run.name') })
      const row = await db().selectFrom('delivery').selectAll().executeTakeFirst()
      expect(row).toMatchObject({
        guid: broken.id,
        outcome: 'rejected',
        repository_id: 1001,
        received_at: at(60),
      })
      expect(row?.reason).toContain('check_run.name')
    })

    test('asks for nothing on GitHub when history is replayed', async () => {
      const { record } = recorderOf(db(), false)
      await record(commentDelivery({ body: '/flake-report' }))
      expect(await countRows(db())).toMatchObject({ comment: 1, outbox: 0 })
    })
  })

  describe('one bad delivery among many', () => {
    // The database refuses a number that no column can hold; whatever gets past the translation must end here.
    const poison = { id: 'poison', name: 'poison' }

    test('is refused alone, and the others are recorded', async () => {
      const { EVENTS } = await import('../../src/intake/events/translate.ts')
      EVENTS.poison = () => ({
        observation: [{ repository_id: 1, head_sha: null } as unknown as never],
      })
      try {
        const { record } = recorderOf(db())
        const good = Array.from({ length: 20 }, (_, i) => checkRunDelivery({ id: i + 1 }))
        const deliveries: Delivery[] = [...good.slice(0, 10), { ...poison, payload: {} }, ...good.slice(10)]
        const results = await Promise.allSettled(deliveries.map((one) => record(one)))
        expect(results.map((one) => one.status).filter((status) => status === 'rejected')).toHaveLength(1)
        expect(results[10]?.status).toBe('rejected')
        expect(await countRows(db())).toMatchObject({ delivery: 20, observation: 20 })
      } finally {
        delete EVENTS.poison
      }
    })

    test('does not stop those that come after it', async () => {
      const { EVENTS } = await import('../../src/intake/events/translate.ts')
      EVENTS.poison = () => ({ observation: [{ repository_id: 1, head_sha: null } as unknown as never] })
      try {
        const { record } = recorderOf(db())
        await expect(record({ ...poison, payload: {} })).rejects.toThrow()
        expect(await record(checkRunDelivery())).toEqual({ outcome: 'recorded' })
      } finally {
        delete EVENTS.poison
      }
    })
  })

  describe('hostile text', () => {
    const HOSTILE = `<b onmouseover='x'>"\u202eevil\u2066|\`${'x'.repeat(10_000)}\u{1f9ea}`

    test('is stored as it is', async () => {
      const results = await recordAll(db(), [
        checkRunDelivery({ name: HOSTILE }),
        statusDelivery({ context: HOSTILE, description: HOSTILE }),
        workflowRunDelivery({ path: HOSTILE, actor: HOSTILE }),
        pullRequestDelivery({ headRef: HOSTILE, author: HOSTILE }),
        commentDelivery({ body: `/flag ${HOSTILE.slice(0, 1000)}` }),
      ])
      expect(results.map((one) => one.outcome)).toEqual(Array(5).fill('recorded'))
      const names = await db().selectFrom('observation').select('name').execute()
      expect(names.map((one) => one.name)).toEqual([HOSTILE, HOSTILE])
      expect((await db().selectFrom('comment').select('body').executeTakeFirst())?.body).toBe(
        `/flag ${HOSTILE.slice(0, 1000)}`,
      )
    })

    test('that no database can hold is stored with a sign in its place', async () => {
      const evil = 'a\u0000b\ud800c'
      const results = await recordAll(db(), [
        { ...checkRunDelivery({ name: evil, conclusion: evil }), id: evil },
        aDelivery('repository_ruleset', { action: evil, repository_ruleset: { [evil]: [evil] } }),
        { ...aDelivery('check_run', { action: evil }), id: `${evil}2` },
      ])
      expect(results.map((one) => one.outcome)).toEqual(['recorded', 'recorded', 'rejected'])
      const row = await db().selectFrom('observation').select(['name', 'state']).executeTakeFirst()
      expect(row).toEqual({ name: 'a\ufffdb\ufffdc', state: 'a\ufffdb\ufffdc' })
    })
  })

  describe('a repository', () => {
    const named = (full_name: string, minute: number) =>
      checkRunDelivery({ id: minute, minute, repository: { ...REPOSITORY, full_name } })

    test('is called as it was called last, however late that came', async () => {
      await recordAll(db(), [named('acme/new', 30)])
      await recordAll(db(), [named('acme/old', 10)])
      expect((await db().selectFrom('repository').selectAll().executeTakeFirst())?.full_name).toBe('acme/new')
    })

    test('keeps its installation and default branch when a payload says nothing of them', async () => {
      const { installation: _, ...payload } = named('acme/new', 30).payload
      const { default_branch: __, ...repository } = REPOSITORY
      await recordAll(db(), [named('acme/widgets', 10)])
      const silent = { id: 'x', name: 'check_run', payload: { ...payload, repository } }
      await recordAll(db(), [silent])
      expect(await db().selectFrom('repository').selectAll().executeTakeFirst()).toMatchObject({
        installation_id: 77,
        default_branch: 'main',
      })
    })
  })

  test('many writers record the same deliveries once', async () => {
    const recorders = Array.from({ length: 8 }, () => createRecorder(db(), { now: () => ms(0), tasks: true }))
    const deliveries = Array.from({ length: 50 }, (_, i) => checkRunDelivery({ id: i + 1, minute: i }))
    const results = await Promise.all(
      recorders.flatMap((one, i) =>
        (i % 2 ? deliveries : [...deliveries].reverse()).map((each) => one.record(each)),
      ),
    )
    expect(results.filter((one) => one.outcome === 'recorded')).toHaveLength(50)
    expect(await countRows(db())).toMatchObject({ delivery: 50, observation: 50, repository: 1 })
  })
})
