/**
 * A flake's pull request was tested in the flake's day and week: no window counts a flake of a pull request that it does not count
 * as tested, whatever happened to the pull request's base branch, its commits and the lists of required jobs.
 */
import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { addRequiredList } from '../../src/db/required.ts'
import type { Db } from '../../src/db/schema.ts'
import { flakeInScope, readScope, runInScope } from '../../src/db/scope.ts'
import { addSettings } from '../../src/db/settings.ts'
import { deriveAll } from '../../src/derive/derive.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { useDatabase } from '../support/database.ts'
import { checkRunDelivery, namedPullRequest, pullRequestDelivery } from '../support/deliveries.ts'
import { at } from '../support/facts.ts'
import { LATER, recordAll } from '../support/pipeline.ts'
import { type History, history, inRepository } from '../support/random-history.ts'

const HISTORIES = process.env.FULL_CHECK === '1' ? 600 : 20
const TIMEOUT_MS = HISTORIES * 3000

const DAY = 24 * 60

const db = useDatabase()
let nextRepository = 50_000

async function play({ deliveries, settings, own }: History): Promise<number> {
  const repository_id = nextRepository++
  const when = { valid_from: at(0), read_at: at(0) }
  await addSettings(db(), { repository_id, ...when, settings, sources: [], problems: [] })
  await recordAll(
    db(),
    deliveries.map((delivery) => inRepository(delivery, repository_id)),
  )
  for (const event of own) {
    if (event.kind !== 'required') continue
    const jobs = event.jobs.map((name) => ({ name, app: null, integration_id: null }))
    const list = { base_ref: event.branch, valid_from: at(event.minute), jobs, problem: null }
    await addRequiredList(db(), repository_id, list)
  }
  await deriveAll(db(), { settingsOf: (id, on) => readStoredSettings(on, id), now: LATER })
  return repository_id
}

/** Flakes in scope whose pull request has no passed or failed run in scope in the flake's window, and all flakes in scope. */
async function untested(on: Db, repositoryId: number) {
  const { scope } = await readScope(on, repositoryId, await readStoredSettings(on, repositoryId))
  const flakes = await sql<{
    number: number
    flaked_at: string
    head_sha: string
    job_id: number
    base_ref: string
  }>`
    select number, flaked_at, head_sha, job_id, base_ref from flake r where ${flakeInScope(scope)}`.execute(
    on,
  )
  const runs = await sql<{ number: number; completed_at: string }>`select number, completed_at from run r
    where ${runInScope(scope)} and kind = 'pull_request' and outcome in ('pass', 'fail')`.execute(on)
  const tested = new Set(runs.rows.map((run) => `${run.number} ${run.completed_at.slice(0, 10)}`))
  return {
    flakes: flakes.rows.length,
    untested: flakes.rows.filter((flake) => !tested.has(`${flake.number} ${flake.flaked_at.slice(0, 10)}`)),
  }
}

/** Two pull requests with one head: opened, retargeted, closed and reopened on different days, while one job runs again and again. */
const day = fc.integer({ min: 0, max: 6 })
const sharedHead: fc.Arbitrary<History> = fc
  .record({
    opened: fc.tuple(day, day),
    bases: fc.tuple(branch(), branch()),
    changes: fc.array(
      fc.record({
        day,
        number: fc.constantFrom(1, 2),
        action: fc.constantFrom('edited', 'closed', 'reopened'),
        base: branch(),
      }),
      { maxLength: 5 },
    ),
    runs: fc.array(fc.record({ day, passes: fc.boolean(), names: fc.constantFrom(null, 1, 2) }), {
      minLength: 3,
      maxLength: 6,
    }),
    required: fc.array(fc.record({ branch: branch(), jobs: fc.subarray(['unit']) }), {
      maxLength: 2,
    }),
  })
  .map(({ opened, bases, changes, runs, required }) => ({
    deliveries: [
      ...opened.map((day, i) =>
        pullRequestAt(i + 1, { action: 'opened', day, base: bases[i] ?? 'main', opened }),
      ),
      ...changes.map((change) => pullRequestAt(change.number, { ...change, opened })),
      ...runs.map(({ day, passes, names }, i) =>
        checkRunDelivery({
          id: 10 + i,
          suite: 600 + i,
          conclusion: passes ? 'success' : 'failure',
          minute: day * DAY + 20 * (i + 1),
          headBranch: null,
          pullRequests: names === null ? [] : [namedPullRequest(names)],
        }),
      ),
    ],
    copied: [],
    settings: {},
    own: required.map((list, i) => ({ kind: 'required', minute: i * 2 * DAY, ...list })),
  }))

function branch() {
  return fc.constantFrom('main', 'release')
}

function pullRequestAt(
  number: number,
  { action, day, base, opened }: { action: string; day: number; base: string; opened: readonly number[] },
) {
  const openedMinute = (opened[number - 1] ?? 0) * DAY
  // Nothing happens to a pull request before it is opened.
  const minute = action === 'opened' ? openedMinute : openedMinute + day * DAY + 5
  return pullRequestDelivery({ action, number, minute, openedMinute, baseRef: base })
}

test.each([
  ['any events', history, HISTORIES],
  ['two pull requests with one head', sharedHead, 5 * HISTORIES],
] as const)(
  'every flake’s pull request is tested in the day of the flake, in histories of %s',
  { timeout: TIMEOUT_MS },
  async (_kind, histories, numRuns) => {
    let flakes = 0
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        flakes += await countTestedFlakes(history)
      }),
      { numRuns, endOnFailure: true },
    )
    expect(flakes).toBeGreaterThan(HISTORIES / 2)
  },
)

/** Plays the history and checks all of its windows. @returns its number of flakes in scope */
async function countTestedFlakes(history: History): Promise<number> {
  const id = await play(history)
  const found = await untested(db(), id)
  expect(found.untested).toEqual([])
  const windows = await db().selectFrom('sla_window').selectAll().where('repository_id', '=', id).execute()
  for (const { kind, start, prs, prs_with_flakes, flakes } of windows) {
    expect({ kind, start, isTested: prs_with_flakes <= prs }).toEqual({ kind, start, isTested: true })
    expect({ kind, start, isTested: flakes === 0 || prs > 0 }).toEqual({ kind, start, isTested: true })
  }
  return found.flakes
}
