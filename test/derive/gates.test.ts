/** Gates and time limits show in the results of many commits together, in whatever order they arrive. */
import { describe, expect, test } from 'vitest'
import { readLikelyGates } from '../../src/db/gates.ts'
import { readScope } from '../../src/db/scope.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { eachDatabase } from '../support/database.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  statusDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, REPOSITORY_ID } from '../support/facts.ts'
import { derive, readOnlyReport, recordAll } from '../support/pipeline.ts'

const shaOf = (number: number) => String(number).padStart(40, '0')

const opened = (number: number) => pullRequestDelivery({ number, headSha: shaOf(number), minute: 0 })

/** A run of 6 s, each in a check suite of its own. */
function short(number: number, minute: number, conclusion: string, more: object = {}): TestDelivery {
  const id = number * 1000 + minute
  return checkRunDelivery({
    ...{ id, suite: id, name: 'changelog', headSha: shaOf(number), minute, minutes: 0.1, conclusion },
    ...more,
  })
}

const labeled = (number: number, minute: number) =>
  pullRequestDelivery({ action: 'labeled', number, headSha: shaOf(number), minute })

/** The job fails, a label is added, and the job passes. */
const flipped = (number: number) => [
  opened(number),
  short(number, 10, 'failure'),
  labeled(number, 29),
  short(number, 30, 'success'),
]

eachDatabase((db) => {
  const reportOf = async (...batches: TestDelivery[][]) => {
    for (const batch of batches) {
      await recordAll(db(), batch)
      await derive(db())
    }
    const { flakes, windows, left_out } = await readOnlyReport(db())
    return { flakes: flakes.length, prs: windows.day[0]?.prs ?? 0, left_out }
  }

  describe('a job whose result follows labels', () => {
    test('is a gate: it has no flakes and tests no pull request', async () => {
      expect(await reportOf(flipped(1))).toEqual({
        flakes: 0,
        prs: 0,
        left_out: [
          {
            ...{ job: 'changelog', reason: 'gate', runs: 2 },
            why: 'its only change of result followed a label within 10 minutes, and it never ran for 30 s',
          },
        ],
      })
    })

    test('is left out on earlier days too once it is learned', async () => {
      const earlier = [opened(2), short(2, 10, 'success')]
      expect(await reportOf(earlier)).toMatchObject({ prs: 1, left_out: [] })
      expect(await reportOf(flipped(1))).toMatchObject({ prs: 0, left_out: [{ runs: 3 }] })
    })

    test.each<[string, TestDelivery[]]>([
      ['a run of half a minute', [opened(2), short(2, 50, 'success', { minutes: 0.5 })]],
      ['a change that followed nothing', [opened(2), short(2, 10, 'failure'), short(2, 30, 'success')]],
      [
        'a re-run of the workflow',
        [
          opened(2),
          short(2, 10, 'failure', { suite: 7 }),
          labeled(2, 29),
          short(2, 30, 'success', { suite: 7 }),
        ],
      ],
      [
        'a change after a retest',
        [...flipped(2), commentDelivery({ number: 2, body: '/retest', minute: 20 })],
      ],
    ])('is a test again after %s', async (_what, deliveries) => {
      const before = await reportOf(flipped(1))
      expect(before.left_out).toHaveLength(1)
      expect(await reportOf(deliveries)).toMatchObject({ left_out: [] })
    })

    test.each<[string, TestDelivery[]]>([
      ['a run of half a minute', [opened(2), short(2, 50, 'success', { minutes: 0.5 })]],
      ['a change that followed nothing', [opened(2), short(2, 10, 'failure'), short(2, 30, 'success')]],
    ])('is no gate when %s came before', async (_what, deliveries) => {
      expect(await reportOf(deliveries, flipped(1))).toMatchObject({ left_out: [] })
    })
  })

  test('the facts of a job count, however late they arrive', async () => {
    const own = { headSha: shaOf(1), suite: 7, name: 'unit' }
    const failure = checkRunDelivery({ ...own, id: 70, minute: 10, conclusion: 'failure' })
    const pass = checkRunDelivery({ ...own, id: 71, minute: 30 })
    expect(await reportOf([opened(1), failure, pass])).toMatchObject({ flakes: 1 })
    const job = { id: 70, run_id: 7, run_attempt: 1, name: 'unit', head_sha: shaOf(1), conclusion: 'failure' }
    const nothing = { runner_id: 0, runner_name: '', steps: [], started_at: at(5), completed_at: at(10) }
    const late = aDelivery('workflow_job', { action: 'completed', workflow_job: { ...job, ...nothing } })
    expect(await reportOf([late])).toMatchObject({ flakes: 0 })
  })

  test('a label counts, however late it arrives and whichever head it names', async () => {
    const [opening, failure, , pass] = flipped(1) as TestDelivery[]
    expect(await reportOf([opening, failure, pass] as TestDelivery[])).toMatchObject({ flakes: 1 })
    const late = pullRequestDelivery({ action: 'labeled', number: 1, headSha: shaOf(99), minute: 29 })
    expect(await reportOf([late])).toMatchObject({ flakes: 0, left_out: [{ job: 'changelog' }] })
  })

  test('a status that was pending first is a test, one without is a gate', async () => {
    const status = (context: string, state: string, minute: number) =>
      statusDelivery({
        context,
        state,
        minute,
        headSha: shaOf(1),
        description: 'Checked.',
        build: minute,
        id: minute,
      })
    const flip = (context: string, from: number) => [
      status(context, 'failure', from),
      status(context, 'success', from + 20),
    ]
    const pending = statusDelivery({
      ...{
        context: 'real',
        state: 'pending',
        headSha: shaOf(1),
        description: null,
        build: 31,
        id: 1,
        minute: 25,
      },
    })
    const report = await reportOf([
      opened(1),
      ...flip('gate', 10),
      ...flip('real', 11),
      pending,
      labeled(1, 29),
    ])
    expect(report).toMatchObject({ flakes: 1, left_out: [{ job: 'gate' }] })
  })

  test('the settings decide over what is known and learned', async () => {
    await recordAll(db(), [...flipped(1), short(1, 40, 'success', { name: 'license/cla' })])
    await recordAll(db(), [short(1, 41, 'success', { name: 'unit', minutes: 5 })])
    await derive(db())
    const leftOut = async (gates: { include: string[]; exclude: string[] }) =>
      (await readOnlyReport(db(), { ...DEFAULT_SETTINGS, gates })).left_out.map(({ job }) => job)
    expect(await leftOut({ include: [], exclude: [] })).toEqual(['changelog', 'license/cla'])
    expect(await leftOut({ include: [], exclude: ['change*', 'license/*'] })).toEqual([])
    expect(await leftOut({ include: ['un*'], exclude: ['unit'] })).toEqual([
      'changelog',
      'license/cla',
      'unit',
    ])
  })

  test('a job that counts looks like a gate by its name, or by what some of its flakes followed', async () => {
    const long = (minute: number, conclusion: string) =>
      short(2, minute, conclusion, { name: 'e2e', minutes: 2 })
    const followed = [opened(2), long(10, 'failure'), labeled(2, 29), long(30, 'success')]
    await recordAll(db(), [...followed, short(2, 40, 'success', { name: 'pr-approval', minutes: 5 })])
    await recordAll(db(), [...flipped(1), short(1, 41, 'success', { name: 'unit', minutes: 5 })])
    await derive(db())
    const loaded = await readScope(db(), REPOSITORY_ID, DEFAULT_SETTINGS)
    expect(await readLikelyGates(db(), REPOSITORY_ID, loaded)).toEqual([
      { job: 'e2e', why: 'its only flake followed what a person did' },
      { job: 'pr-approval', why: 'its name suggests it' },
    ])
  })

  describe('a job that was cancelled after as many minutes as another run of it', () => {
    /** A job of 30 minutes that was cancelled, in a workflow run that ended as `conclusion`; the re-run passes. */
    const timedOut = (number: number, conclusion = 'failure') => {
      const own = { headSha: shaOf(number), suite: number }
      const job = {
        ...{ id: number * 10, run_id: number, run_attempt: 1, name: 'unit', head_sha: shaOf(number) },
        ...{ conclusion: 'cancelled', runner_name: 'GitHub Actions 1', runner_group_name: 'GitHub Actions' },
        ...{ steps: [{ conclusion: 'cancelled' }], started_at: at(10), completed_at: at(40.2) },
      }
      return [
        opened(number),
        workflowRunDelivery({ ...own, conclusion, minute: 5 }),
        checkRunDelivery({ ...own, id: number * 10, minute: 40.2, minutes: 30.2, conclusion: 'cancelled' }),
        aDelivery('workflow_job', { action: 'completed', workflow_job: job }),
        workflowRunDelivery({ ...own, attempt: 2, minute: 50 }),
        checkRunDelivery({ ...own, id: number * 10 + 1, minute: 60 }),
      ]
    }

    test('failed, at both commits, whichever was derived first', async () => {
      expect(await reportOf(timedOut(1))).toMatchObject({ flakes: 0 })
      expect(await reportOf(timedOut(2))).toMatchObject({ flakes: 2 })
    })

    test('was aborted when somebody cancelled one of the two workflow runs', async () => {
      expect(await reportOf(timedOut(1), timedOut(2, 'cancelled'))).toMatchObject({ flakes: 0 })
    })

    test('was aborted again after a late report that somebody cancelled the other', async () => {
      const late = timedOut(2, 'cancelled')
      const [opening, , ...rest] = late
      const first = [
        opening as TestDelivery,
        workflowRunDelivery({
          headSha: shaOf(2),
          suite: 2,
          minute: 5,
          action: 'requested',
          conclusion: null,
        }),
        ...rest,
      ]
      expect(await reportOf(timedOut(1), timedOut(3), first)).toMatchObject({ flakes: 2 })
      expect(await reportOf(late)).toMatchObject({ flakes: 2 })
    })
  })
})
