/** The whole app: webhooks in, a comment and an issue out. The snapshots are what people read. */
import { expect, test } from 'vitest'
import { startTestApp } from '../support/app.ts'
import {
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { HEAD } from '../support/facts.ts'

const DAY = 24 * 60
/** Midnight after the first day of the history, which begins at 9:00. */
const MIDNIGHT = 15 * 60

/** Pull request 7: `unit` fails and passes in a second attempt of one workflow run. */
const FLAKY = [
  pullRequestDelivery(),
  workflowRunDelivery({ attempt: 1, minute: 5, conclusion: 'failure' }),
  checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }),
  workflowRunDelivery({ attempt: 2, minute: 20 }),
  checkRunDelivery({ id: 2, conclusion: 'success', minute: 30 }),
]

/** Other pull requests on which the job passes, on every tenth only after a failure. */
function others(count: number, minute = 2) {
  return Array.from({ length: count }, (_, i) => {
    const number = 100 + i
    const headSha = number.toString(16).padStart(40, '0')
    const run = { headSha, suite: number, headBranch: `topic-${number}` }
    const failed = checkRunDelivery({ ...run, id: 2000 + i, conclusion: 'failure', minute: minute + 5 })
    return [
      pullRequestDelivery({ number, headSha, minute, openedMinute: minute }),
      workflowRunDelivery({ headSha, suite: number, minute }),
      ...(i % 10 === 0 ? [failed] : []),
      checkRunDelivery({ ...run, id: 1000 + i, minute: minute + 10 }),
    ]
  }).flat()
}

test('a flake is recorded, answered to /flake-report, and breaches the day once it has ended', async () => {
  const { send, passTo, answers, issues, repository } = await startTestApp()
  expect(new Set(await send(...others(30), ...FLAKY))).toEqual(new Set([202]))
  await send(commentDelivery({ id: 4000, body: '/flake-report', minute: 40 }))
  await passTo(45)
  expect(answers()).toHaveLength(1)
  await expect(answers()[0]).toMatchFileSnapshot('answer.md')
  expect(repository.comments.get(4000)?.reactions.map((reaction) => reaction.content)).toEqual(['eyes'])
  expect(issues()).toEqual([])
  await passTo(MIDNIGHT + 10)
  expect(issues()).toHaveLength(1)
  await expect(`# ${issues()[0]?.title}\n\n${issues()[0]?.body}`).toMatchFileSnapshot('breach-issue.md')
})

test('a breached day gets one issue, even if timers run and webhooks arrive repeatedly', async () => {
  const { send, passTo, issues, answers } = await startTestApp()
  await send(...others(30), ...FLAKY, commentDelivery({ body: '/flake-report', minute: 40 }))
  await passTo(45)
  await passTo(MIDNIGHT + 10)
  await send(...FLAKY, commentDelivery({ body: '/flake-report', minute: 40 }))
  await passTo(MIDNIGHT + 20)
  await passTo(MIDNIGHT + 400)
  expect(issues().map((issue) => issue.state)).toEqual(['open'])
  expect(answers()).toHaveLength(1)
})

test('a newer breach closes the older issue as superseded', async () => {
  const { send, passTo, issues } = await startTestApp()
  await send(...others(30), ...FLAKY)
  await passTo(MIDNIGHT + 10)
  const headSha = 'd'.repeat(40)
  await send(
    pullRequestDelivery({ number: 8, headSha, minute: DAY, openedMinute: DAY }),
    checkRunDelivery({
      id: 11,
      suite: 501,
      headSha,
      conclusion: 'failure',
      minute: DAY + 10,
      headBranch: 'topic-8',
    }),
    checkRunDelivery({ id: 12, suite: 501, headSha, minute: DAY + 20, headBranch: 'topic-8' }),
  )
  await passTo(DAY + MIDNIGHT + 10)
  expect(issues().map((issue) => issue.state)).toEqual(['closed', 'open'])
})

test('a report on a head that never failed only says so', async () => {
  const { send, passTo, answers } = await startTestApp()
  await send(
    pullRequestDelivery(),
    checkRunDelivery({ id: 1, headSha: HEAD }),
    commentDelivery({ body: '/flake-report', minute: 40 }),
  )
  await passTo(45)
  await expect(answers()[0]).toMatchFileSnapshot('answer-nothing.md')
})
