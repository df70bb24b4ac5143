/** What recording a delivery sets off: the commits to derive again, and the newest state of repositories and installations. */
import { describe, expect, test } from 'vitest'
import type { Db } from '../../src/db/schema.ts'
import { type Delivery, prepare } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { eachDatabase } from '../support/database.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  mergeGroupDelivery,
  pullRequestDelivery,
  pushDelivery,
  REPOSITORY,
  statusDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, HEAD, ms } from '../support/facts.ts'

async function recordAt(db: Db, minute: number, ...deliveries: Delivery[]): Promise<void> {
  const { record } = createRecorder(db, { now: () => ms(minute), tasks: true })
  for (const delivery of deliveries) await record(delivery)
}

const own = { id: REPOSITORY.id, full_name: REPOSITORY.full_name, private: false }
const installation = (action: string) => aDelivery('installation', { action, repositories: [own] })

test('a report from the future is dated by its arrival, but for replayed history', () => {
  const reportedAt = (now: number) => {
    const prepared = prepare(checkRunDelivery({ minute: 90 }), now)
    return prepared.outcome === 'recorded' ? prepared.recording.facts.repository?.[0]?.reported_at : null
  }
  expect(reportedAt(ms(60))).toBe(at(60))
  expect(reportedAt(ms(120))).toBe(at(90))
  expect(reportedAt(0)).toBe(at(90))
})

eachDatabase((db) => {
  describe('the commit is derived again', () => {
    test.each<[string, Delivery, object]>([
      ['a check run', checkRunDelivery(), { head_sha: HEAD, number: null }],
      ['a status', statusDelivery(), { head_sha: HEAD, number: null }],
      ['a workflow run', workflowRunDelivery(), { head_sha: HEAD, number: null }],
      ['a pull request event', pullRequestDelivery(), { head_sha: HEAD, number: null }],
      ['a merge group', mergeGroupDelivery(), { head_sha: HEAD, number: null }],
      ['a re-run request', checkRunDelivery({ action: 'rerequested' }), { head_sha: HEAD, number: null }],
      [
        'a push to a branch',
        pushDelivery({ ref: 'refs/heads/topic', after: HEAD, modified: ['a.ts'] }),
        { head_sha: HEAD, number: null },
      ],
      ['a command', commentDelivery(), { head_sha: null, number: 7 }],
    ])('after %s, even when it arrives late', async (_name, delivery, mark) => {
      await recordAt(db(), 60, checkRunDelivery({ id: 2, minute: 50 }))
      await db().deleteFrom('stale_head').execute()
      await recordAt(db(), 61, delivery)
      const marks = await db().selectFrom('stale_head').select(['head_sha', 'number']).execute()
      expect(marks).toEqual([mark])
    })
  })

  describe('an installation', () => {
    const suspendedAt = async () =>
      (await db().selectFrom('installation').select('suspended_at').executeTakeFirst())?.suspended_at
    const gaps = () => db().selectFrom('gap').select(['from_at', 'to_at', 'reason']).execute()

    test('that was suspended leaves a gap when the suspension ends', async () => {
      await recordAt(db(), 1, installation('created'))
      await recordAt(db(), 2, installation('suspend'))
      expect(await suspendedAt()).toBe(at(2))
      expect(await gaps()).toEqual([])
      await recordAt(db(), 5, installation('unsuspend'))
      expect(await suspendedAt()).toBeNull()
      expect(await gaps()).toEqual([{ from_at: at(2), to_at: at(5), reason: 'the app was suspended' }])
    })

    test('keeps its newest state when an older report arrives later', async () => {
      await recordAt(db(), 5, installation('suspend'))
      await recordAt(db(), 4, installation('unsuspend'))
      expect(await suspendedAt()).toBe(at(5))
      expect(await gaps()).toEqual([])
    })
  })

  describe('a repository that was removed', () => {
    const removed = aDelivery('installation_repositories', {
      action: 'removed',
      repositories_added: [],
      repositories_removed: [own],
    })
    const added = aDelivery('installation_repositories', {
      action: 'added',
      repositories_added: [own],
      repositories_removed: [],
    })
    const count = async () => (await db().selectFrom('observation').select('run_key').execute()).length

    test('gets no more facts until it is added again', async () => {
      await recordAt(db(), 60, checkRunDelivery({ id: 1 }), removed)
      await recordAt(db(), 61, checkRunDelivery({ id: 2, minute: 61 }))
      expect(await count()).toBe(1)
      await recordAt(db(), 62, added, checkRunDelivery({ id: 3, minute: 63 }))
      expect(await count()).toBe(2)
    })

    test('stays removed when a report of the same moment or a later event arrives', async () => {
      await recordAt(db(), 60, checkRunDelivery(), removed)
      await recordAt(db(), 60, checkRunDelivery({ id: 2, minute: 60 }))
      await recordAt(db(), 70, checkRunDelivery({ id: 3, minute: 70 }))
      const row = await db().selectFrom('repository').select('removed_at').executeTakeFirst()
      expect(row?.removed_at).toBe(at(60))
    })
  })
})
