/** Corrections as people make them: a command on a pull request, an answer, and a changed attribution. */
import { describe, expect, test } from 'vitest'
import { readCorrected } from '../../src/db/corrections.ts'
import { startTestApp } from '../support/app.ts'
import {
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'

const FLAKY = [
  pullRequestDelivery(),
  workflowRunDelivery({ attempt: 1, minute: 5, conclusion: 'failure' }),
  checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }),
  workflowRunDelivery({ attempt: 2, minute: 20 }),
  checkRunDelivery({ id: 2, conclusion: 'success', minute: 30 }),
]

async function startWithFlake() {
  const app = await startTestApp()
  const { db } = app.app.deps
  await app.send(...FLAKY)
  const say = async (body: string, minute: number, author = 'octocat') => {
    await app.send(commentDelivery({ id: 4000 + minute, body, minute, author }))
    await app.passTo(minute + 5)
  }
  const flake = () =>
    db
      .selectFrom('flake')
      .select(['attribution', 'probability', 'counted', 'correction', 'evidence'])
      .executeTakeFirstOrThrow()
  return { ...app, db, say, flake }
}

describe('a correction', () => {
  test('by someone with write permission overrides the probability, is answered, and is stored with author and reason', async () => {
    const { say, flake, answers, db } = await startWithFlake()
    await say('/flake mine I forgot to close the socket', 40)
    expect(await flake()).toMatchObject({
      attribution: 'caused_by_pr',
      probability: 1,
      counted: false,
      correction: { says: 'mine', by: 'octocat', why: 'I forgot to close the socket' },
      evidence: { model: { attribution: 'undetermined' } },
    })
    expect(answers()).toHaveLength(1)
    expect(answers()[0]).toContain('recorded as **caused by it**, by @octocat: I forgot to close the socket')
    const [revision] = await db.selectFrom('flake_revision').selectAll().execute()
    expect(revision).toMatchObject({
      new: 'caused_by_pr',
      why: 'corrected by octocat: I forgot to close the socket',
    })
    const [day] = await db.selectFrom('sla_window').selectAll().where('kind', '=', 'day').execute()
    expect(day).toMatchObject({ flakes: 1, flakes_counted: 0, flakes_caused_by_pr: 1 })
  })

  test('is removed by reset, and the newest correction applies', async () => {
    const { say, flake } = await startWithFlake()
    await say('/flake mine my fault', 40)
    await say('/flake not-mine the disk of the runner was full', 50)
    expect(await flake()).toMatchObject({ attribution: 'not_caused_by_pr', probability: 0, counted: true })
    await say('/flake reset', 60)
    expect(await flake()).toMatchObject({ attribution: 'undetermined', correction: null })
  })

  test('by anyone else changes nothing, and the answer says why', async () => {
    const { say, flake, answers, fakeGitHub } = await startWithFlake()
    fakeGitHub.state.accounts.set('mallory', {
      ...fakeGitHub.state.accounts.get('octocat'),
      login: 'mallory',
      id: 666,
    } as never)
    await say('/flake not-mine trust me', 40, 'mallory')
    expect(await flake()).toMatchObject({ correction: null, attribution: 'undetermined' })
    expect(answers()[0]).toContain('only people with write permission can correct an attribution')
  })

  test('without a reason is answered with a request for one', async () => {
    const { say, flake, answers } = await startWithFlake()
    await say('/flake not-mine', 40)
    expect(await flake()).toMatchObject({ correction: null })
    expect(answers()[0]).toContain('Say why')
  })

  test('counts once when it is delivered twice, and does not affect another job', async () => {
    const { send, say, flake, answers, db } = await startWithFlake()
    await say('/flake mine `lint` not this one', 40)
    expect(await flake()).toMatchObject({ correction: null })
    await send(commentDelivery({ id: 4040, body: '/flake mine `lint` not this one', minute: 40 }))
    expect(answers()).toHaveLength(1)
    expect(await db.selectFrom('correction').selectAll().execute()).toHaveLength(1)
    const [fact] = await db.selectFrom('correction').selectAll().execute()
    if (fact) expect(await readCorrected(db, fact)).toEqual([])
  })
})
