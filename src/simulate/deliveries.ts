/** Turns a simulated history into webhook deliveries, in the order of their arrival. */
import { HOUR_MS } from '../domain/time.ts'
import {
  checkRunDelivery,
  commentDelivery,
  type MadeDelivery,
  type MadePullRequest,
  type MadeRepository,
  numberOf,
  pullRequestDelivery,
  shaOf,
  statusDelivery,
  workflowRunDelivery,
} from './payloads.ts'
import type { Plan, SimHead, SimPullRequest } from './plan.ts'
import { createRandom, type Random } from './random.ts'
import type { SimRun } from './runs.ts'

/** A delivery and when it was sent (epoch ms). */
interface Sent {
  at: number
  delivery: MadeDelivery
}

const CONCLUSIONS = { pass: 'success', fail: 'failure', aborted: 'cancelled' }
const PROW = {
  pass: ['success', 'Job succeeded.'],
  fail: ['failure', 'Job failed.'],
  aborted: ['failure', 'Aborted by trigger plugin.'],
} as const

/** All deliveries of a history as they arrive: some late, some twice, some never, as the scenario says. */
export function deliveriesOf(plan: Plan, runs: readonly SimRun[], seed: number): MadeDelivery[] {
  const random = createRandom(`way/${plan.repository}/${plan.scenario.name}/${seed}`)
  const repository = repositoryOf(plan)
  const sent = [...pullRequestEvents(plan, repository), ...runEvents(plan, repository, runs)]
  const arrived = sent.flatMap((delivery) => deliver(plan, delivery, random))
  arrived.sort((a, b) => a.at - b.at || (a.delivery.id < b.delivery.id ? -1 : 1))
  return arrived.map((sent) => sent.delivery)
}

function deliver({ scenario }: Plan, sent: Sent, random: Random): Sent[] {
  if (random.chance(scenario.missingShare)) return []
  const at = random.chance(scenario.lateShare) ? sent.at + random.after(6) * HOUR_MS : sent.at
  const duplicate = random.chance(scenario.twiceShare)
    ? [{ ...sent, at: at + random.after(1) * HOUR_MS }]
    : []
  return [{ ...sent, at }, ...duplicate]
}

function pullRequestEvents(plan: Plan, repository: MadeRepository): Sent[] {
  return plan.pullRequests.flatMap((pullRequest) => {
    const events = pullRequest.heads.map((head, i): Sent => {
      const at = head.pushedAt
      const pull = pullAt(plan, pullRequest, head, at)
      const action = i === 0 ? 'opened' : 'synchronize'
      return {
        at,
        delivery: pullRequestDelivery(repository, pull, {
          action,
          at,
          before: pullRequest.heads[i - 1]?.sha,
        }),
      }
    })
    const at = pullRequest.closedAt
    const pull = pullAt(plan, pullRequest, pullRequest.heads[pullRequest.heads.length - 1] as SimHead, at)
    const { merged } = pullRequest
    events.push({ at, delivery: pullRequestDelivery(repository, pull, { action: 'closed', at, merged }) })
    return events.filter((sent) => sent.at <= plan.to)
  })
}

function runEvents(plan: Plan, repository: MadeRepository, runs: readonly SimRun[]): Sent[] {
  const pullRequests = new Map(plan.pullRequests.map((pullRequest) => [pullRequest.number, pullRequest]))
  return runs.flatMap((run): Sent[] => {
    const pullRequest = run.number === null ? undefined : pullRequests.get(run.number)
    if (!pullRequest) return actionsRun(plan, repository, run, null)
    if (plan.scenario.ci === 'actions') return actionsRun(plan, repository, run, pullRequest)
    return [
      ...retestComment(plan, repository, run, pullRequest),
      ...prowRun(plan, repository, run, pullRequest),
    ]
  })
}

/** A run of Actions: a workflow run webhook when it begins, a check run webhook when it ends. `pullRequest` is null on trunk. */
function actionsRun(
  plan: Plan,
  repository: MadeRepository,
  run: SimRun,
  pullRequest: SimPullRequest | null,
): Sent[] {
  const { headSha, attempt, startedAt, completedAt, job } = run
  const headBranch = pullRequest ? pullRequest.headRef : 'main'
  const head = pullRequest?.heads.find((candidate) => candidate.sha === headSha)
  const check = checkRunDelivery(repository, {
    job: plan.jobs[job]?.name ?? '',
    attempt,
    conclusion: CONCLUSIONS[run.outcome],
    headSha,
    headBranch,
    startedAt,
    completedAt,
    named: pullRequest && head ? pullAt(plan, pullRequest, head, startedAt) : null,
  })
  const sent: Sent[] = [{ at: completedAt, delivery: check }]
  // The first attempt is one workflow run for all jobs, sent once with the first job.
  if (attempt === 1 && job !== 0) return sent
  const event = pullRequest ? 'pull_request' : 'push'
  const actor = pullRequest ? (run.askedBy ?? pullRequest.author) : 'bot'
  const request = { attempt, headSha, headBranch, event, actor, startedAt, ended: null }
  return [{ at: startedAt, delivery: workflowRunDelivery(repository, request) }, ...sent]
}

/** A run of Prow: a pending status when it begins and the outcome when it ends, both with the run's URL. */
function prowRun(plan: Plan, repository: MadeRepository, run: SimRun, { number }: SimPullRequest): Sent[] {
  const { headSha, job, attempt, startedAt, completedAt } = run
  const about = {
    context: `pull-${plan.jobs[job]?.name}`,
    build: numberOf('build', plan.repository, headSha, job, attempt),
    number,
    headSha,
    baseSha: baseAt(plan, startedAt),
  }
  const [state, text] = PROW[run.outcome]
  const pending = { ...about, state: 'pending', text: 'Job triggered.', at: startedAt }
  return [
    { at: startedAt, delivery: statusDelivery(repository, pending) },
    { at: completedAt, delivery: statusDelivery(repository, { ...about, state, text, at: completedAt }) },
  ]
}

/** The comment that requested the run. */
function retestComment(
  plan: Plan,
  repository: MadeRepository,
  run: SimRun,
  pullRequest: SimPullRequest,
): Sent[] {
  if (run.askedBy === null) return []
  const at = run.askedAt ?? run.startedAt
  const id = numberOf('comment', plan.repository, run.headSha, run.job, run.attempt)
  const body = `/test pull-${plan.jobs[run.job]?.name}`
  return [{ at, delivery: commentDelivery(repository, pullRequest, { id, author: run.askedBy, body, at }) }]
}

function pullAt(plan: Plan, pullRequest: SimPullRequest, head: SimHead, at: number): MadePullRequest {
  const { number, title, author, headRef, baseRef } = pullRequest
  const openedAt = pullRequest.heads[0]?.pushedAt ?? at
  return {
    number,
    title,
    author,
    body: null,
    openedAt,
    headRef,
    headSha: head.sha,
    fork: false,
    baseRef,
    baseSha: baseAt(plan, at),
  }
}

/** The base commit. Trunk advances four times a day. */
function baseAt(plan: Plan, at: number): string {
  return shaOf('base', plan.repository, Math.floor(at / 21_600_000))
}

function repositoryOf({ repository }: Plan): MadeRepository {
  const [owner = '', name = ''] = repository.split('/')
  return {
    id: numberOf('repository', repository),
    owner,
    name,
    installation: numberOf('installation', owner),
  }
}
