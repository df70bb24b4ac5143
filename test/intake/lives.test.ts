/** A repository's life: installed, renamed, made private and public, transferred, uninstalled, deleted, created again. */
import { describe, expect, test } from 'vitest'
import { noteMissed } from '../../src/db/gaps.ts'
import { findRepository } from '../../src/db/repositories.ts'
import type { Db } from '../../src/db/schema.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { eachDatabase } from '../support/database.ts'
import { aDelivery, checkRunDelivery, pullRequestDelivery, REPOSITORY } from '../support/deliveries.ts'
import { at, ms } from '../support/facts.ts'
import { shuffled } from '../support/pipeline.ts'

const [OLD, NEW, AGAIN] = [77, 88, 99]
let guid = 0

/** An event as GitHub delivered it at that minute. */
function event(name: string, minute: number, payload: Record<string, unknown>): Delivery {
  return { ...aDelivery(name, payload, `life-${++guid}`), deliveredAt: at(minute) }
}

const short = (id: number, more: object = {}) => ({ id, full_name: 'acme/widgets', private: false, ...more })

function installed(id: number, minute: number, action: string, installation: number) {
  const name = action === 'added' || action === 'removed' ? 'installation_repositories' : 'installation'
  const list = name === 'installation' ? 'repositories' : `repositories_${action}`
  return event(name, minute, {
    action,
    repository: undefined,
    installation: { id: installation },
    [list]: [short(id)],
  })
}

function changed(id: number, minute: number, action: string, more: object, installation = OLD) {
  const repository = { ...REPOSITORY, id, updated_at: at(minute), ...more }
  return event('repository', minute, { action, repository, installation: { id: installation } })
}

/** The life of the repository with that id until it was transferred, uninstalled and installed again. */
function lifeOf(id: number): Delivery[] {
  return [
    installed(id, 1, 'created', OLD),
    changed(id, 2, 'renamed', { full_name: 'acme/things' }),
    changed(id, 3, 'privatized', { full_name: 'acme/things', private: true }),
    changed(id, 4, 'publicized', { full_name: 'acme/things' }),
    changed(id, 5, 'privatized', { full_name: 'acme/things', private: true }),
    installed(id, 6, 'added', NEW),
    changed(id, 6, 'transferred', { full_name: 'emca/things', private: true }, NEW),
    installed(id, 7, 'removed', OLD),
    installed(id, 8, 'deleted', NEW),
    installed(id, 9, 'created', AGAIN),
    changed(id, 10, 'edited', { full_name: 'emca/things', private: true, default_branch: 'trunk' }, AGAIN),
  ]
}

const recorderOf = (db: Db) => createRecorder(db, { now: () => ms(60), tasks: true })

async function recordInTurn(db: Db, deliveries: readonly Delivery[]): Promise<void> {
  const { record } = recorderOf(db)
  for (const delivery of deliveries) await record(delivery)
}

async function rowOf(db: Db, id: number) {
  return db
    .selectFrom('repository')
    .select(['full_name', 'private', 'default_branch', 'installation_id', 'removed_at'])
    .where('repository_id', '=', id)
    .executeTakeFirst()
}

async function isRecorded(db: Db, id: number, installation: number): Promise<boolean> {
  const repository = { ...REPOSITORY, id }
  const { payload, ...rest } = checkRunDelivery({ id: 5, minute: 50 })
  await recorderOf(db).record({
    ...rest,
    payload: { ...payload, repository, installation: { id: installation } },
  })
  const rows = await db.selectFrom('observation').select('run_key').where('repository_id', '=', id).execute()
  return rows.length > 0
}

eachDatabase((db) => {
  test('any order of the events of its life, each up to twice, gives the same row', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const id = 5000 + seed
      const life = lifeOf(id)
      const late = life.map((delivery) => ({ ...delivery, deliveredAt: at(55) }))
      await recordInTurn(db(), shuffled(life, seed))
      await recordInTurn(db(), shuffled(late, seed + 1))
      expect([seed, await rowOf(db(), id)]).toEqual([
        seed,
        {
          full_name: 'emca/things',
          private: true,
          default_branch: 'trunk',
          installation_id: AGAIN,
          removed_at: null,
        },
      ])
      expect(await isRecorded(db(), id, AGAIN)).toBe(true)
    }
  })

  test('after the app was uninstalled, in any order, nothing more is recorded', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const id = 6000 + seed
      await recordInTurn(db(), shuffled(lifeOf(id).slice(0, 9), seed))
      expect([seed, await rowOf(db(), id)]).toMatchObject([seed, { removed_at: at(8), private: true }])
      expect(await isRecorded(db(), id, NEW)).toBe(false)
    }
  })

  test('deliveries of the same moment give the same row in any order', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const { record } = recorderOf(db())
      await Promise.all(shuffled(lifeOf(7000 + seed), seed).map((delivery) => record(delivery)))
      expect([seed, await rowOf(db(), 7000 + seed)]).toMatchObject([
        seed,
        { full_name: 'emca/things', private: true, installation_id: AGAIN, removed_at: null },
      ])
    }
  })

  test('an event that is redelivered is dated by its first attempt: an old removal removes nothing', async () => {
    const { deliveredAt: _deliveredAt, ...removal } = installed(REPOSITORY.id, 6, 'removed', OLD)
    const { id, name } = removal
    await noteMissed(db(), [
      { guid: id, delivery_id: '1', repository_id: 0, event: name, delivered_at: at(6) },
    ])
    await recordInTurn(db(), [
      installed(REPOSITORY.id, 1, 'created', OLD),
      installed(REPOSITORY.id, 7, 'added', OLD),
    ])
    await recordInTurn(db(), [removal])
    expect(await rowOf(db(), REPOSITORY.id)).toMatchObject({ installation_id: OLD, removed_at: null })
  })

  describe('the visibility', () => {
    const seen = (minute: number, isPrivate: boolean, more: object = {}): Delivery => {
      const { payload, ...rest } = pullRequestDelivery({ minute, number: minute })
      return { ...rest, payload: { ...payload, repository: { ...REPOSITORY, private: isPrivate, ...more } } }
    }

    test('is that of the newest report when it changed twice, whatever arrives last', async () => {
      await recordInTurn(db(), [seen(1, true), seen(3, true), seen(2, false)])
      expect(await rowOf(db(), REPOSITORY.id)).toMatchObject({ private: true })
      await recordInTurn(db(), [seen(4, false), seen(6, false), seen(5, true)])
      expect(await rowOf(db(), REPOSITORY.id)).toMatchObject({ private: false })
    })

    test('does not become public by an older event that arrives late, nor by a check run with a time of its own choice', async () => {
      await recordInTurn(db(), [changed(REPOSITORY.id, 20, 'privatized', { private: true })])
      const late = { ...changed(REPOSITORY.id, 10, 'publicized', {}), deliveredAt: null }
      await recordInTurn(db(), [late, checkRunDelivery({ minute: 59 })])
      expect(await rowOf(db(), REPOSITORY.id)).toMatchObject({ private: true })
    })

    test('becomes public only when GitHub says so, if the event has no time of its own', async () => {
      await recordInTurn(db(), [changed(REPOSITORY.id, 20, 'privatized', { private: true })])
      await recordInTurn(db(), [changed(REPOSITORY.id, 30, 'publicized', { updated_at: undefined })])
      expect(await rowOf(db(), REPOSITORY.id)).toMatchObject({ private: true })
      const tasks = await db().selectFrom('outbox').select('kind').where('kind', '=', 'repository').execute()
      expect(tasks).toEqual([{ kind: 'repository' }])
    })
  })

  describe('a name that was used before', () => {
    test('belongs to the repository that was created under it', async () => {
      await recordInTurn(db(), [changed(2000, 40, 'created', {}, OLD), changed(1000, 10, 'edited', {}, OLD)])
      expect(await findRepository(db(), 'acme/widgets')).toMatchObject({ repository_id: 2000 })
    })
  })

  test('the end of a suspension, which GitHub dates by its beginning, ends it in any order', async () => {
    const suspension = (action: string, minute: number) =>
      event('installation', minute, {
        action,
        repository: undefined,
        installation: {
          id: OLD,
          created_at: at(0),
          updated_at: at(10),
          suspended_at: action === 'suspend' ? at(10) : null,
        },
      })
    const events = [suspension('suspend', 10), suspension('unsuspend', 30)]
    for (const order of [events, events.toReversed()]) {
      await db().deleteFrom('installation').execute()
      await db().deleteFrom('delivery').execute()
      await db().deleteFrom('gap').execute()
      await recordInTurn(db(), [installed(REPOSITORY.id, 1, 'created', OLD), ...order])
      expect(await db().selectFrom('installation').select('suspended_at').execute()).toEqual([
        { suspended_at: null },
      ])
      expect(await db().selectFrom('gap').select(['from_at', 'to_at']).execute()).toEqual([
        { from_at: at(10), to_at: at(30) },
      ])
    }
  })

  test('a suspension and its delivery are recorded together or not at all', async () => {
    const broken = db().withPlugin({
      transformQuery: ({ node }) => {
        if (JSON.stringify(node).includes('"resumed_at"')) throw new Error('the process ended')
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const suspend = event('installation', 10, {
      action: 'suspend',
      repository: undefined,
      installation: { id: OLD },
    })
    await expect(recorderOf(broken).record(suspend)).rejects.toThrow('the process ended')
    expect(await db().selectFrom('delivery').select('guid').execute()).toEqual([])
    await recordInTurn(db(), [suspend])
    expect(await db().selectFrom('installation').select('suspended_at').execute()).toEqual([
      { suspended_at: at(10) },
    ])
  })
})
