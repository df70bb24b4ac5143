/** Deliveries come late, twice and in any order: what is derived depends on none of it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Db } from '../../src/db/schema.ts'
import { empty, useDatabase } from '../support/database.ts'
import {
  checkRunDelivery,
  commentDelivery,
  mergeGroupDelivery,
  namedPullRequest,
  pullRequestDelivery,
  statusDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { BASE, OTHER_BASE } from '../support/facts.ts'
import { derive, readReports, recordAll } from '../support/pipeline.ts'

const HEADS = ['1', '2', '3', '4'].map((digit) => digit.repeat(40))
const DAY = 24 * 60
const head = fc.constantFrom(0, 0, 0, 1, 2, 2, 2, 3)
const minute = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 20 * DAY }))
const word = fc.constantFrom(
  'success',
  'success',
  'failure',
  'failure',
  'cancelled',
  'action_required',
  'timed_out',
)

/** Pull request 1 has heads 0 and then 1, pull request 2 has head 2, pull request 3 shares head 2. Head 3 is a queue's. */
const opened = [
  pullRequestDelivery({ number: 1, headSha: HEADS[0] ?? '', minute: 0 }),
  pullRequestDelivery({
    action: 'synchronize',
    number: 1,
    headSha: HEADS[1] ?? '',
    before: HEADS[0] ?? '',
    minute: 40,
  }),
  pullRequestDelivery({
    number: 2,
    headSha: HEADS[2] ?? '',
    fork: true,
    headRef: 'main',
    openedMinute: 5,
    minute: 5,
  }),
  pullRequestDelivery({
    number: 3,
    headSha: HEADS[2] ?? '',
    baseRef: 'release',
    baseSha: OTHER_BASE,
    openedMinute: 9,
    minute: 9,
  }),
  mergeGroupDelivery({ headSha: HEADS[3] ?? '' }),
]

// What GitHub never changes about one run (its job, suite and branch) follows from its id.
const checkRun = fc
  .record({ head, minute, word, id: fc.integer({ min: 1, max: 6 }), told: fc.integer({ min: 0, max: 3 }) })
  .map(({ head, minute, word, id, told }) =>
    checkRunDelivery({
      id: id + 10 * head,
      name: id % 3 ? 'unit' : 'lint',
      headSha: HEADS[head] ?? '',
      conclusion: word,
      minute,
      toldMinute: minute + told,
      suite: 500 + head * 10 + (id % 2),
      headBranch: id === 4 ? 'main' : 'topic',
      pullRequests: id === 5 ? [namedPullRequest(head + 1)] : [],
    }),
  )
const status = fc
  .record({ head, minute, build: fc.integer({ min: 1, max: 4 }), said: fc.integer({ min: 0, max: 4 }) })
  .map(({ head, minute, build, said }) => {
    const [state, text] = STATUSES[said] ?? ['success', 'Job succeeded.']
    const description = said % 2 ? text : `${text} BaseSHA:${BASE}`
    return statusDelivery({
      id: minute * 10 + said,
      headSha: HEADS[head] ?? '',
      state,
      description,
      build,
      minute,
    })
  })
const STATUSES: [string, string][] = [
  ['success', 'Job succeeded.'],
  ['failure', 'Job failed.'],
  ['pending', 'Job triggered.'],
  ['success', 'Overridden by octocat'],
  ['failure', 'Aborted by trigger plugin.'],
]
const workflow = fc
  .record({ head, suite: fc.integer({ min: 0, max: 1 }), attempt: fc.integer({ min: 1, max: 2 }) })
  .map(({ head, suite, attempt }) =>
    workflowRunDelivery({
      headSha: HEADS[head] ?? '',
      suite: 500 + head * 10 + suite,
      attempt,
      minute: attempt * 10,
      event: suite ? 'push' : 'pull_request',
    }),
  )
const comment = fc
  .record({ number: fc.integer({ min: 1, max: 3 }), minute, bot: fc.boolean() })
  .map(({ number, minute, bot }) =>
    commentDelivery({ number, minute, id: minute * 10 + number, ...(bot && { authorType: 'Bot' }) }),
  )

const history = fc.record({
  deliveries: fc.array(
    fc.oneof({ weight: 5, arbitrary: checkRun }, { weight: 3, arbitrary: status }, workflow, comment),
    {
      minLength: 20,
      maxLength: 60,
      size: 'max',
    },
  ),
  keys: fc.infiniteStream(fc.nat()),
  batches: fc.infiniteStream(fc.integer({ min: 1, max: 12 })),
})

const db = useDatabase()

/** What a history derives, without the traces of how the program came to it. */
async function derivedOf(database: Db): Promise<string> {
  const reports = await readReports(database)
  return JSON.stringify(reports, (key, value) => (key === 'revision' ? undefined : value), 1)
}

test('the same deliveries in another order, twice, and derived in between give the same JSON', async () => {
  let flakes = 0
  await fc.assert(
    fc.asyncProperty(history, async ({ deliveries, keys, batches }) => {
      const told = [...opened, ...deliveries]
      await empty(db())
      await recordAll(db(), told)
      await derive(db())
      const expected = await derivedOf(db())
      flakes += (await readReports(db())).flatMap((report) => report.flakes).length

      await empty(db())
      const twice = told.flatMap((one): TestDelivery[] =>
        (keys.next().value as number) % 3 ? [one] : [one, one],
      )
      const order = twice
        .map((one) => ({ one, key: keys.next().value as number }))
        .sort((a, b) => a.key - b.key)
      for (let from = 0; from < order.length; ) {
        const size = batches.next().value as number
        await recordAll(
          db(),
          order.slice(from, from + size).map(({ one }) => one),
        )
        await derive(db())
        from += size
      }
      expect(await derivedOf(db())).toBe(expected)
    }),
    { numRuns: 25 },
  )
  // Histories without flakes would show nothing.
  expect(flakes).toBeGreaterThan(25)
}, 120_000)
