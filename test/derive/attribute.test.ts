/** Attribution from webhooks to figures: with incidents, related pull requests, merges and corrections. */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { readRelated } from '../../src/db/pull-request-table.ts'
import type { Db } from '../../src/db/schema.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { useDatabase } from '../support/database.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  REPOSITORY,
  type TestDelivery,
} from '../support/deliveries.ts'
import { REPOSITORY_ID } from '../support/facts.ts'
import { derive, readOnlyReport, recordAll, shuffled } from '../support/pipeline.ts'
import { aHistory, FROM, recordHistory } from '../support/simulation.ts'

const NOW = FROM + 100 * 86_400_000
const DAY = 24 * 60
const db = useDatabase()
let id = 0

interface HeadOptions {
  number: number
  minute: number
  head?: number
  flaky?: boolean
  job?: string
  title?: string
  headRef?: string
  baseRef?: string
}

const shaOf = (number: number, head: number) => (number * 100 + head).toString(16).padStart(40, '0')

/** The deliveries of one head of a pull request, at which the job passes, or fails and then passes. */
function aHead({
  number,
  minute,
  head = 0,
  flaky = false,
  job = 'unit',
  ...names
}: HeadOptions): TestDelivery[] {
  const headSha = shaOf(number, head)
  const { headRef = `topic-${number}`, baseRef = 'main', title = `Change ${number}` } = names
  const suite = number * 100 + head
  const run = (conclusion: string, at: number) =>
    checkRunDelivery({ id: ++id, name: job, headSha, conclusion, minute: at, suite, headBranch: headRef })
  return [
    pullRequestDelivery({ number, headSha, minute, openedMinute: minute - head, headRef, baseRef, title }),
    ...(flaky ? [run('failure', minute + 5), run('success', minute + 15)] : [run('success', minute + 5)]),
  ]
}

/** Pull requests without flakes for three weeks, one every three hours. */
const QUIET = Array.from({ length: 160 }, (_, i) => aHead({ number: 1000 + i, minute: i * 180 })).flat()

async function derived(deliveries: TestDelivery[]) {
  await recordAll(db(), deliveries)
  await derive(db(), { now: NOW })
  const { flakes } = await readOnlyReport(db())
  return new Map(flakes.map((flake) => [`${flake.pull_request}/${flake.head_sha.slice(-2)}`, flake]))
}

describe('hand-made histories', () => {
  test('a pull request that flakes three times, while no other does, is the cause', async () => {
    const own = [0, 1, 2].flatMap((head) =>
      aHead({ number: 7, head, minute: (10 + head) * DAY, flaky: true }),
    )
    for (const flake of (await derived([...QUIET, ...own])).values())
      expect(flake).toMatchObject({
        attribution: 'caused_by_pr',
        counted: false,
        evidence: { x: 3, m: 3, k: 0 },
      })
  })

  test('a verdict that arrives late is evidence for a flake exactly 28 days after it', async () => {
    // Judged in minute 14 of a quarter of an hour: its mark is rounded down to minute 0.
    const late = aHead({ number: 8, minute: 9 })
    const flake = aHead({ number: 7, minute: 28 * DAY - 1, flaky: true })
    const [before] = (await derived(flake)).values()
    await recordAll(db(), late)
    // Without learning, which would attribute every flake of the week again.
    await deriveAll(db(), { settingsOf: async () => DEFAULT_SETTINGS, now: NOW, learn: false })
    const [after] = (await readOnlyReport(db())).flakes
    expect([before, after]).toMatchObject([{ evidence: { n: 0 } }, { evidence: { n: 1 } }])
  })

  test('a pull request that is merged with its flake is the cause, and pull requests that get the flake from it are not', async () => {
    const culprit = [0, 1, 2].flatMap((head) =>
      aHead({ number: 7, head, minute: (10 + head / 4) * DAY, flaky: true }),
    )
    const merged = pullRequestDelivery({
      ...{ number: 7, action: 'closed', merged: true, headSha: shaOf(7, 2) },
      ...{ minute: 11 * DAY, openedMinute: 10 * DAY, headRef: 'topic-7' },
    })
    const infected = Array.from({ length: 14 }, (_, i) =>
      aHead({ number: 50 + i, minute: 11 * DAY + 120 + i * 240, flaky: i % 2 === 0 }),
    ).flat()
    const quiet = QUIET.slice(0, 2 * 88)
    const flakes = await derived([...quiet, ...culprit, merged, ...infected])
    const [first] = flakes.values()
    expect(first).toMatchObject({ pull_request: 7, counted: false })
    expect(first?.probability_caused_by_pr).toBeGreaterThan(0.8)
    for (const [key, flake] of flakes)
      if (!key.startsWith('7/'))
        expect([key, flake.attribution, flake.counted]).toEqual([key, 'not_caused_by_pr', true])
  })

  test('five stacked pull requests are not evidence for each other, in any order of arrival', async () => {
    const stack = Array.from({ length: 5 }, (_, i) =>
      aHead({
        number: 20 + i,
        minute: 10 * DAY + i * 60,
        flaky: true,
        ...(i > 0 && { baseRef: `topic-${19 + i}` }),
      }),
    ).flat()
    const deliveries = [...QUIET, ...stack]
    const flakes = await derived(deliveries)
    for (const flake of flakes.values()) expect(flake.evidence).toMatchObject({ k: 0 })
    const related = await readRelated(db(), REPOSITORY_ID, [22])
    expect([...(related.get(22) ?? [])].sort()).toEqual([
      [20, 'base'],
      [21, 'base'],
      [23, 'top'],
      [24, 'top'],
    ])
    await sql`truncate observation, pull_request_event, pull_request, run, verdict, flake, repository_model, sla_window, delivery`.execute(
      db(),
    )
    const again = await derived(shuffled(deliveries, 5))
    for (const [key, flake] of flakes) expect(again.get(key)).toEqual(flake)
  })

  test('a change, its revert and its reland are not evidence for each other', async () => {
    const titles = [
      'Add a cache',
      'Revert "Add a cache"',
      'Reland "Add a cache"',
      '[release-1.2] Add a cache',
    ]
    const deliveries = titles.flatMap((title, i) =>
      aHead({ number: 30 + i, minute: (5 + i) * DAY, title, flaky: i !== 1 }),
    )
    const flakes = await derived([...QUIET, ...deliveries])
    for (const flake of flakes.values()) expect(flake.evidence).toMatchObject({ k: 0 })
    expect([...((await readRelated(db(), REPOSITORY_ID, [32])).get(32) ?? [])].sort()).toEqual([
      [30, 'reland'],
      [31, 'revert'],
      [33, 'reland'],
    ])
  })

  test('a branch that is the base of many pull requests is not part of a stack', async () => {
    const onto = Array.from({ length: 14 }, (_, i) =>
      aHead({ number: 60 + i, minute: DAY + i, baseRef: 'develop' }),
    ).flat()
    const release = aHead({ number: 59, minute: DAY - 10, headRef: 'develop' })
    await derived([...release, ...onto])
    expect(await readRelated(db(), REPOSITORY_ID, [59, 60])).toEqual(new Map())
  })
})

describe('what a pull request changes and who wrote it', () => {
  const pushOf = (number: number, files: string[]) =>
    aDelivery('push', {
      repository: REPOSITORY,
      ref: `refs/heads/topic-${number}`,
      after: shaOf(number, 0),
      created: true,
      deleted: false,
      commits: [{ added: [], modified: files, removed: [] }],
    })
  const own = aHead({ number: 7, minute: 12 * DAY, flaky: true })

  test('a change of documentation is not the cause of its flake, unless the settings say that the job tests it', async () => {
    const [code] = (await derived([...QUIET, ...own])).values()
    expect(code).toMatchObject({ attribution: 'undetermined', evidence: { changed: 'unknown' } })
    const [docs] = (await derived([pushOf(7, ['docs/guide.md'])])).values()
    expect(docs).toMatchObject({ attribution: 'not_caused_by_pr', evidence: { changed: 'docs' } })
    const paths = [{ glob: 'docs/*', jobs: ['unit'] }]
    const settings = { ...DEFAULT_SETTINGS, attribution: { ...DEFAULT_SETTINGS.attribution, paths } }
    await recordAll(db(), aHead({ number: 8, minute: 12 * DAY + 30 }))
    await derive(db(), { now: NOW, settings })
    const { flakes } = await readOnlyReport(db())
    expect(flakes[0]).toMatchObject({ attribution: 'undetermined', evidence: { changed: 'code' } })
  })

  test('a branch name that was used before brings nothing of the earlier pull request, whatever arrives first', async () => {
    const commitOf = (digit: string) => digit.repeat(40)
    const pushes: [before: string, after: string, file: string][] = [
      ['0', '1', '.github/workflows/unit.yml'],
      ['1', '2', 'src/a.ts'],
      ['0', '3', 'docs/a.md'],
      ['3', '4', 'docs/b.md'],
      ['4', '5', 'docs/c.md'],
    ]
    const deliveries = [
      ...pushes.map(([before, after, file]) =>
        aDelivery('push', {
          ...{ ref: 'refs/heads/patch-1', before: commitOf(before), after: commitOf(after) },
          ...{
            created: before === '0',
            deleted: false,
            commits: [{ added: [file], modified: [], removed: [] }],
          },
        }),
      ),
      pullRequestDelivery({ number: 1, headRef: 'patch-1', headSha: commitOf('2'), minute: 0 }),
      pullRequestDelivery({
        ...{ number: 1, headRef: 'patch-1', headSha: commitOf('2'), minute: 5 },
        ...{ action: 'closed', state: 'closed', merged: true },
      }),
      pullRequestDelivery({
        number: 2,
        headRef: 'patch-1',
        headSha: commitOf('4'),
        openedMinute: 10,
        minute: 10,
      }),
      pullRequestDelivery({
        ...{ number: 2, headRef: 'patch-1', headSha: commitOf('4'), openedMinute: 10, minute: 15 },
        ...{ action: 'closed', state: 'closed', merged: true },
      }),
      pullRequestDelivery({
        number: 3,
        headRef: 'patch-1',
        headSha: commitOf('5'),
        openedMinute: 20,
        minute: 20,
      }),
    ]
    for (const order of [
      deliveries,
      deliveries.toReversed(),
      shuffled(deliveries, 3),
      shuffled(deliveries, 4),
    ]) {
      await db().deleteFrom('pull_request').execute()
      await db().deleteFrom('pull_request_event').execute()
      await db().deleteFrom('branch_push').execute()
      for (const delivery of order) {
        await recordAll(db(), [delivery])
        await derive(db(), { now: NOW })
      }
      const rows = await db()
        .selectFrom('pull_request')
        .select(['number', 'files'])
        .orderBy('number')
        .execute()
      expect(rows).toEqual([
        { number: 1, files: JSON.stringify(['.github/workflows/unit.yml', 'src/a.ts']) },
        { number: 2, files: JSON.stringify(['docs/a.md', 'docs/b.md']) },
        { number: 3, files: JSON.stringify(['docs/c.md']) },
      ])
    }
  })

  test('other pull requests of the same author are not evidence when the settings say so', async () => {
    const attribution = { ...DEFAULT_SETTINGS.attribution, sameAuthorIsIndependent: false }
    const settings = { ...DEFAULT_SETTINGS, attribution }
    await recordAll(db(), [...QUIET, ...own])
    await derive(db(), { now: NOW, settings })
    const { flakes } = await readOnlyReport(db())
    expect(flakes[0]?.evidence).toMatchObject({ k: 0, n: 0 })
  })
})

describe('corrections', () => {
  const flaky = (number: number, day: number) => aHead({ number, minute: day * DAY, flaky: true })
  const say = (number: number, body: string, minute: number) => commentDelivery({ number, body, minute })

  test('change the attribution of other flakes: corrected flakes no longer raise the job’s base rate', async () => {
    const others = [41, 42, 43].flatMap((number, i) => flaky(number, 9 + i))
    const deliveries = [...QUIET, ...others, ...flaky(7, 13)]
    const before = (await derived(deliveries)).get(`7/${shaOf(7, 0).slice(-2)}`)
    await recordAll(
      db(),
      [41, 42, 43].map((number) => say(number, '/flake mine a race of ours', 14 * DAY)),
    )
    await derive(db(), { now: NOW })
    const { flakes } = await readOnlyReport(db())
    const after = flakes.find((flake) => flake.pull_request === 7)
    expect(after?.probability_caused_by_pr).toBeGreaterThan(before?.probability_caused_by_pr ?? 1)
    expect(
      flakes.filter((flake) => flake.attribution === 'caused_by_pr').map((flake) => flake.pull_request),
    ).toEqual([41, 42, 43])
  })
})

describe('a simulated organisation', () => {
  test('an outage is one incident, and the pull requests that it affected are not blamed', async () => {
    const more = { outagesPerMonth: 8, outageHours: 6, outageRate: 0.8, pullRequestsPerDay: 30, jobs: 4 }
    const history = aHistory('outages', 12, more, 2)
    await recordHistory(db(), history, 2)
    await derive(db(), { now: NOW })
    const { flakes } = await readOnlyReport(db())
    const affected = new Set(
      history.flakes
        .filter(({ verdict }) => verdict.causes[0] === 'outage')
        .map(({ verdict }) => verdict.headSha),
    )
    expect(affected.size).toBeGreaterThan(20)
    const inside = flakes.filter((flake) => affected.has(flake.head_sha) && flake.incident !== null)
    expect(inside.length / flakes.filter((flake) => affected.has(flake.head_sha)).length).toBeGreaterThan(0.7)
    for (const flake of inside) expect(flake.attribution).not.toBe('caused_by_pr')
    const rows = await db().selectFrom('incident').selectAll().execute()
    const outages = history.plan.disturbances.filter((disturbance) => disturbance.kind === 'outage')
    expect(
      rows.some((row) => row.job_id === null && row.jobs.length > 1 && row.pull_requests.length >= 3),
    ).toBe(true)
    for (const row of rows.filter(({ job_id }) => job_id === null))
      expect(
        outages.some(
          (outage) =>
            Date.parse(row.began_at) <= outage.to + 3_600_000 && Date.parse(row.ended_at) >= outage.from,
        ),
      ).toBe(true)
  })
})

describe('a new flake', () => {
  async function placesOf(database: Db) {
    const { rows } = await sql<{ at: string; place: string }>`select flaked_at as at, ctid::text as place
      from flake order by flaked_at`.execute(database)
    return rows
  }

  test('changes the flakes that it is evidence for, and no others', async () => {
    const months = [0, 60].flatMap((day) =>
      Array.from({ length: 40 }, (_, i) =>
        aHead({ number: 2000 + day * 10 + i, minute: (day + i / 2) * DAY, flaky: i % 8 === 0 }),
      ).flat(),
    )
    await derived(months)
    const before = await placesOf(db())
    await derived(aHead({ number: 5, minute: 75 * DAY, flaky: true }))
    const after = new Map((await placesOf(db())).map(({ at, place }) => [at, place]))
    const early = before.slice(0, 5)
    const late = before.slice(5)
    expect(early.filter(({ at, place }) => after.get(at) !== place)).toEqual([])
    expect(late.filter(({ at, place }) => after.get(at) !== place).length).toBeGreaterThan(0)
  })
})
