/**
 * Deliveries arrive late, twice and in any order, and processes restart in between: what is derived depends on none of it.
 * `FULL_CHECK=1` tries more histories. Each run tries the same ones and some new ones, whose seed is printed.
 */
import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { addRequiredList } from '../../src/db/required.ts'
import { addRows } from '../../src/db/rows.ts'
import type { Db } from '../../src/db/schema.ts'
import { addSettings } from '../../src/db/settings.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { type Prepared, prepare } from '../../src/intake/prepare.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { type DatabaseKind, eachDatabase } from '../support/database.ts'
import type { TestDelivery } from '../support/deliveries.ts'
import { derivedState } from '../support/derived-state.ts'
import { at, ms } from '../support/facts.ts'
import { LATER } from '../support/pipeline.ts'
import { type History, history, inRepository, type OwnEvent } from '../support/random-history.ts'

const FACTOR = process.env.FULL_CHECK === '1' ? 5 : 1
const RUNS: Record<DatabaseKind, { fixed: number; random: number }> = {
  PGlite: { fixed: 8 * FACTOR, random: 2 * FACTOR },
  PostgreSQL: { fixed: 4 * FACTOR, random: 2 * FACTOR },
}
const FIXED_SEED = 20_260_202
const TIMEOUT_MS = 120_000 * FACTOR

type Step = { delivery: TestDelivery } | { own: OwnEvent }

/** Two repositories, the second with commits of the first. Every history has new ones, so that no table is emptied. */
interface Pair {
  first: number
  second: number
}
let nextRepository = 10_000
const newPair = (): Pair => ({ first: nextRepository++, second: nextRepository++ })

/** How a history is delivered: shuffled, some of it twice, in batches, and how often derivation is interrupted. */
const chaos = fc.record({
  keys: fc.infiniteStream(fc.nat()),
  batches: fc.infiniteStream(fc.integer({ min: 4, max: 30 })),
})
interface Chaos {
  keys: Iterator<number>
  batches: Iterator<number>
}

async function play(db: Db, steps: readonly Step[], { first }: Pair): Promise<void> {
  // A new recorder, as after a restart of the process.
  const { record } = createRecorder(db, { now: () => ms(0), tasks: false })
  const deliveries = steps.flatMap((step) => ('delivery' in step ? [step.delivery] : []))
  await Promise.all(deliveries.map((delivery) => record(delivery)))
  for (const step of steps) if ('own' in step) await playOwn(db, step.own, first)
}

async function playOwn(db: Db, event: OwnEvent, repository_id: number): Promise<void> {
  if (event.kind === 'required') {
    const jobs = event.jobs.map((name) => ({ name, app: null, integration_id: null }))
    const list = { base_ref: event.branch, valid_from: at(event.minute), jobs, problem: null }
    await addRequiredList(db, repository_id, list)
  } else {
    const { sha: head_sha, suite } = event
    const attempt = { repository_id, head_sha, run_id: suite, attempt: 2, suite_id: suite }
    await db
      .insertInto('hunted_attempt')
      .values({ ...attempt, after_at: at(20), until_at: at(60) })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await addRows(db, 'stale_head', [{ repository_id, head_sha, number: null }])
  }
}

async function readSettings(db: Db, { settings }: History, { first }: Pair): Promise<void> {
  const when = { valid_from: at(0), read_at: at(0) }
  await addSettings(db, { repository_id: first, ...when, settings, sources: [], problems: [] })
}

/** @param most derivation stops after this many commits, as a process that is ended does */
async function derive(db: Db, most = Number.POSITIVE_INFINITY): Promise<void> {
  let heads = 0
  await deriveAll(db, {
    settingsOf: (repositoryId, trx) => readStoredSettings(trx, repositoryId),
    now: LATER,
    onProgress: (count) => {
      heads += count
    },
    isStopped: () => heads >= most,
    learn: most === Number.POSITIVE_INFINITY,
  })
}

async function stateOf(db: Db, { first, second }: Pair) {
  const settings = await readStoredSettings(db, first)
  return {
    first: await derivedState(db, first, settings),
    second: await derivedState(db, second, DEFAULT_SETTINGS),
  }
}

function deliveriesOf({ deliveries, copied }: History, { first, second }: Pair): TestDelivery[] {
  return [
    ...deliveries.map((delivery) => inRepository(delivery, first)),
    ...copied.map((delivery) => inRepository(delivery, second)),
  ]
}

async function inOrder(db: Db, history: History) {
  const pair = newPair()
  await readSettings(db, history, pair)
  const steps: Step[] = deliveriesOf(history, pair).map((delivery) => ({ delivery }))
  await play(db, [...steps, ...history.own.map((own) => ({ own }))], pair)
  await derive(db)
  return stateOf(db, pair)
}

async function inChaos(db: Db, history: History, { keys, batches }: Chaos) {
  const pair = newPair()
  await readSettings(db, history, pair)
  const key = () => keys.next().value as number
  const steps: { step: Step; key: number }[] = deliveriesOf(history, pair).flatMap((delivery) => {
    const copies = key() % 3 === 0 ? 2 : 1
    return Array.from({ length: copies }, () => ({ step: { delivery }, key: key() }))
  })
  // The app's own events keep their order among themselves, at any place between the deliveries.
  const places = history.own.map(key).sort((a, b) => a - b)
  for (const [i, own] of history.own.entries()) steps.push({ step: { own }, key: places[i] ?? 0 })
  steps.sort((a, b) => a.key - b.key)
  for (let from = 0; from < steps.length; ) {
    const size = batches.next().value as number
    await play(
      db,
      steps.slice(from, from + size).map(({ step }) => step),
      pair,
    )
    await derive(db, size % 3 === 0 ? 2 : undefined)
    from += size
  }
  await derive(db)
  return stateOf(db, pair)
}

/** Whether two facts about one thing that say different things carry the same second. */
function hasTie({ deliveries }: History): boolean {
  const contents = new Map<string, Set<string>>()
  const prepared: Prepared[] = deliveries.map((delivery) => prepare(delivery, ms(0)))
  for (const one of prepared) {
    if (one.outcome !== 'recorded') continue
    const { observation = [], pull_request_event: events = [] } = one.recording.facts
    const keyed = [
      ...observation.map((fact) => [`${fact.head_sha} ${fact.run_key} ${fact.reported_at}`, fact] as const),
      ...events.map((fact) => [`${fact.number} ${fact.reported_at}`, fact] as const),
    ]
    for (const [key, fact] of keyed)
      contents.set(key, (contents.get(key) ?? new Set()).add(JSON.stringify(fact)))
  }
  return [...contents.values()].some((told) => told.size > 1)
}

eachDatabase((db, kind) => {
  // With an index, rows are read in the order of their keys. Without one they are read in the order of their arrival, as the
  // planner may decide at any time. PGlite has one session, so that one statement is enough.
  beforeAll(async () => {
    if (kind === 'PGlite') await sql`set enable_indexscan = off`.execute(db())
  })

  describe('any order, deliveries sent twice, derivation in between and interrupted give the same answer', () => {
    test.each(['fixed', 'random'] as const)(
      'with a %s seed',
      { timeout: TIMEOUT_MS + 30_000 },
      async (which) => {
        const seed = which === 'fixed' ? FIXED_SEED : randomInt(2 ** 31)
        console.log(`order of deliveries on ${kind}: seed ${seed}`)
        const counts = { histories: 0, ties: 0, flakes: 0 }
        await fc.assert(
          fc.asyncProperty(history, chaos, async (history, chaos) => {
            const expected = await inOrder(db(), history)
            counts.histories++
            counts.ties += Number(hasTie(history))
            counts.flakes += expected.first.flake?.length ?? 0
            expect(await inChaos(db(), history, chaos)).toEqual(expected)
          }),
          {
            seed,
            numRuns: RUNS[kind][which],
            interruptAfterTimeLimit: TIMEOUT_MS,
            markInterruptAsFailure: true,
          },
        )
        // Histories without flakes and without ties would show nothing. A few random ones can be without.
        if (which === 'random') return
        expect(counts.flakes).toBeGreaterThanOrEqual(counts.histories)
        expect(counts.ties / counts.histories).toBeGreaterThan(0.3)
      },
    )
  })
})
