/** Payloads of GitHub's webhooks, cut down to what they say about pull requests, runs and comments. */
import type { Sent, SimDelivery } from './deliveries.ts'
import type { Plan, SimHead, SimPullRequest } from './plan.ts'
import { createRandom } from './random.ts'
import type { SimRun } from './runs.ts'

type Payload = Record<string, unknown>
/** Prow pads its description with this before the base commit. */
const PROW_PADDING = '\u2001'.repeat(4)

/** The pull request is opened with its first head. */
export function opened(plan: Plan, one: SimPullRequest, head: SimHead): Sent {
  return pullRequest(plan, one, head, { action: 'opened', at: head.pushedAt })
}

/** A later head is pushed. */
export function pushed(plan: Plan, one: SimPullRequest, head: SimHead): Sent {
  const before = one.heads[head.index - 1]?.sha
  return pullRequest(plan, one, head, { action: 'synchronize', at: head.pushedAt, before, after: head.sha })
}

/** The pull request is merged, or closed without. */
export function closed(plan: Plan, one: SimPullRequest): Sent {
  const head = one.heads[one.heads.length - 1] as SimHead
  return pullRequest(plan, one, head, { action: 'closed', at: one.closedAt })
}

function pullRequest(
  plan: Plan,
  one: SimPullRequest,
  head: SimHead,
  { at, action, ...more }: { at: number; action: string; before?: string | undefined; after?: string },
): Sent {
  const isClosed = action === 'closed'
  const merged = isClosed && one.merged
  const user = person(one.author)
  const payload: Payload = {
    action,
    number: one.number,
    ...more,
    pull_request: {
      id: idOf(plan, 'pull request', one.number),
      number: one.number,
      state: isClosed ? 'closed' : 'open',
      title: one.title,
      body: null,
      user,
      author_association: 'MEMBER',
      draft: false,
      merged,
      merge_commit_sha: merged ? shaOf(plan, 'merge', one.number) : null,
      created_at: iso(one.heads[0]?.pushedAt ?? at),
      updated_at: iso(at),
      labels: [],
      head: { ref: one.headRef, sha: head.sha, repo: { id: repositoryOf(plan).id } },
      base: { ref: one.baseRef, sha: baseAt(plan, at), repo: { id: repositoryOf(plan).id } },
    },
    ...about(plan, user),
  }
  return sent(plan, at, 'pull_request', payload, one.number, action, head.sha)
}

/** A run of GitHub Actions: its workflow run is told when it begins, the check run when it ends. */
export function actionsRun(plan: Plan, one: SimPullRequest, run: SimRun): Sent[] {
  const mention = { number: run.number, head: { sha: run.headSha }, base: { ref: one.baseRef, sha: null } }
  return [
    ...workflowRun(plan, run, one.headRef, 'pull_request', run.askedBy ?? one.author),
    checkRun(plan, run, one.headRef, [mention]),
  ]
}

/** A run on the default branch. */
export function trunkRun(plan: Plan, run: SimRun): Sent[] {
  return [...workflowRun(plan, run, 'main', 'push', 'bot'), checkRun(plan, run, 'main', [])]
}

function workflowRun(plan: Plan, run: SimRun, branch: string, event: string, actor: string): Sent[] {
  const { headSha, attempt, startedAt, job } = run
  const id = idOf(plan, 'suite', headSha)
  // The first attempt is one workflow run for all jobs: told once, with the first job.
  if (attempt === 1 && job !== 0) return []
  const payload: Payload = {
    action: 'requested',
    workflow_run: {
      id,
      head_sha: headSha,
      head_branch: branch,
      path: '.github/workflows/ci.yml',
      event,
      status: 'queued',
      conclusion: null,
      check_suite_id: id,
      run_attempt: attempt,
      run_started_at: iso(startedAt),
      created_at: iso(startedAt),
      updated_at: iso(startedAt),
      triggering_actor: person(actor),
    },
    ...about(plan, person(actor)),
  }
  return [sent(plan, startedAt, 'workflow_run', payload, headSha, attempt, job)]
}

function checkRun(plan: Plan, run: SimRun, branch: string, mentions: Payload[]): Sent {
  const { headSha, job, attempt, startedAt, completedAt } = run
  const id = idOf(plan, 'check run', headSha, job, attempt)
  const conclusions = { pass: 'success', fail: 'failure', aborted: 'cancelled' }
  const payload: Payload = {
    action: 'completed',
    check_run: {
      id,
      name: plan.jobs[job]?.name,
      head_sha: headSha,
      status: 'completed',
      conclusion: conclusions[run.outcome],
      started_at: iso(startedAt),
      completed_at: iso(completedAt),
      html_url: `https://github.com/${plan.repository}/runs/${id}`,
      output: { title: null },
      app: { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' },
      check_suite: { id: idOf(plan, 'suite', headSha), head_branch: branch, head_sha: headSha },
      pull_requests: mentions,
    },
    ...about(plan, { login: 'github-actions[bot]', type: 'Bot' }),
  }
  return sent(plan, completedAt, 'check_run', payload, headSha, job, attempt)
}

/** A run of Prow: a pending status when it begins, the outcome when it ends, both with the run's URL. */
export function statusRun(plan: Plan, run: SimRun): Sent[] {
  const base = baseAt(plan, run.startedAt)
  const words = { pass: 'Job succeeded.', fail: 'Job failed.', aborted: 'Aborted by trigger plugin.' }
  const states = { pass: 'success', fail: 'failure', aborted: 'failure' }
  return [
    status(plan, run, run.startedAt, 'pending', 'Job triggered.', base),
    status(plan, run, run.completedAt, states[run.outcome], words[run.outcome], base),
  ]
}

function status(plan: Plan, run: SimRun, at: number, state: string, words: string, base: string): Sent {
  const context = `pull-${plan.jobs[run.job]?.name}`
  const build = idOf(plan, 'build', run.headSha, run.job, run.attempt)
  const payload: Payload = {
    id: idOf(plan, 'status', run.headSha, run.job, run.attempt, state),
    sha: run.headSha,
    name: plan.repository,
    context,
    state,
    description: `${words}${PROW_PADDING} BaseSHA:${base}`,
    target_url: `https://prow.example.com/view/gs/logs/pr-logs/pull/${plan.repository.replace('/', '_')}/${run.number}/${context}/${build}`,
    created_at: iso(at),
    updated_at: iso(at),
    branches: [],
    ...about(plan, { login: 'k8s-ci-robot', type: 'User' }),
  }
  return sent(plan, at, 'status', payload, run.headSha, run.job, run.attempt, state)
}

/** Somebody asks for the run with a comment, unless a button did it. */
export function retestComment(plan: Plan, run: SimRun): Sent[] {
  const at = run.askedAt ?? run.startedAt
  const user = person(run.askedBy ?? 'ghost')
  if (plan.scenario.ci === 'actions') return []
  const id = idOf(plan, 'comment', run.headSha, run.job, run.attempt)
  const payload: Payload = {
    action: 'created',
    issue: { number: run.number, state: 'open', pull_request: {}, user },
    comment: {
      id,
      body: `/test pull-${plan.jobs[run.job]?.name}`,
      user,
      author_association: 'MEMBER',
      created_at: iso(at),
      updated_at: iso(at),
    },
    ...about(plan, user),
  }
  return [sent(plan, at, 'issue_comment', payload, id)]
}

/** Trunk moves on four times a day, as far as base commits tell. */
function baseAt(plan: Plan, at: number): string {
  return shaOf(plan, 'base', Math.floor(at / 21_600_000))
}

function about(plan: Plan, sender: Payload): Payload {
  return { repository: repositoryOf(plan), sender, installation: { id: idOf(plan, 'installation') } }
}

function repositoryOf(plan: Plan) {
  const [login, name] = plan.repository.split('/') as [string, string]
  const id = idOf(plan, 'repository')
  return { id, name, full_name: plan.repository, private: false, owner: { login }, default_branch: 'main' }
}

function person(login: string): Payload {
  return { login, type: 'User' }
}

function sent(
  plan: Plan,
  at: number,
  name: string,
  payload: Payload,
  ...identity: (string | number)[]
): Sent {
  const digits = shaOf(plan, 'delivery', name, ...identity)
  const delivery: SimDelivery = {
    id: [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20, 32),
    ].join('-'),
    name,
    payload,
  }
  return { at, delivery }
}

function idOf(plan: Plan, ...identity: (string | number)[]): number {
  return Number.parseInt(shaOf(plan, ...identity).slice(0, 12), 16)
}

function shaOf(plan: Plan, ...identity: (string | number)[]): string {
  return createRandom(`${plan.repository}\n${identity.join('\n')}`).sha()
}

function iso(at: number): string {
  return new Date(Math.floor(at / 1000) * 1000).toISOString()
}
