/** Webhook payloads in GitHub's shape, trimmed to what matters, for the demo's made-up organisation. */
import { createHash } from 'node:crypto'

export interface Delivery {
  id: string
  name: string
  payload: Record<string, unknown> & { repository: { full_name: string } }
}

export interface Repo {
  id: number
  owner: string
  name: string
}

export interface Pull {
  repo: Repo
  number: number
  title: string
  author: string
  fork: boolean
  headSha: string
  openedAt: number
  body: string | null
}

export const INSTALLATION_ID = 4_002_001
const ORGANISATION_ID = 900_100

/** A number that is always the same for the same words. */
export function numberOf(...words: (string | number)[]): number {
  return Number.parseInt(createHash('sha256').update(words.join('/')).digest('hex').slice(0, 10), 16)
}

/** A commit SHA that is always the same for the same words. */
export function shaOf(...words: (string | number)[]): string {
  return createHash('sha1').update(words.join('/')).digest('hex')
}

export function pullRequest(
  pull: Pull,
  action: 'opened' | 'synchronize' | 'closed',
  at: number,
  more: { before?: string; merged?: boolean } = {},
): Delivery {
  const { repo, number, headSha } = pull
  return delivery('pull_request', repo, at, pull.author, {
    action,
    number,
    ...(action === 'synchronize' && { before: more.before, after: headSha }),
    pull_request: {
      id: numberOf('pull', repo.name, number),
      number,
      state: action === 'closed' ? 'closed' : 'open',
      merged: more.merged ?? false,
      draft: false,
      locked: false,
      title: pull.title,
      body: pull.body,
      user: user(pull.author),
      author_association: 'MEMBER',
      html_url: `https://github.com/${repo.owner}/${repo.name}/pull/${number}`,
      created_at: iso(pull.openedAt),
      updated_at: iso(at),
      merge_commit_sha: null,
      labels: [],
      head: {
        ref: `change-${number}`,
        sha: headSha,
        repo: {
          id: pull.fork ? numberOf('fork', pull.author, repo.name) : repo.id,
          full_name: `${pull.fork ? pull.author : repo.owner}/${repo.name}`,
        },
      },
      base: {
        ref: 'main',
        sha: baseSha(repo, at),
        repo: { id: repo.id, full_name: `${repo.owner}/${repo.name}` },
      },
    },
  })
}

/** The tip of main moves once a day in this organisation. */
export function baseSha(repo: Repo, at: number): string {
  return shaOf('main', repo.name, Math.floor(at / 86_400_000))
}

export interface CheckRunOptions {
  job: string
  attempt: number
  conclusion: string
  startedAt: number
  completedAt: number
}

/** An Actions check run: forks name no pull request and no branch. */
export function checkRun(
  pull: Pull,
  { job, attempt, conclusion, startedAt, completedAt }: CheckRunOptions,
): Delivery {
  const { repo, number, headSha, fork } = pull
  const id = numberOf('check', repo.name, headSha, job, attempt)
  const suite = suiteOf(pull)
  const pullRequests = fork
    ? []
    : [
        {
          id: numberOf('pull', repo.name, number),
          number,
          head: { ref: `change-${number}`, sha: headSha, repo: { id: repo.id } },
          base: { ref: 'main', sha: baseSha(repo, startedAt), repo: { id: repo.id } },
        },
      ]
  const app = { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' }
  const url = `https://github.com/${repo.owner}/${repo.name}/actions/runs/${suite}/job/${id}`
  return delivery('check_run', repo, completedAt, 'github-actions[bot]', {
    action: 'completed',
    check_run: {
      id,
      name: job,
      head_sha: headSha,
      status: 'completed',
      conclusion,
      started_at: iso(startedAt),
      completed_at: iso(completedAt),
      html_url: url,
      details_url: url,
      output: { title: null, summary: null, text: null },
      app,
      check_suite: {
        id: suite,
        head_branch: fork ? null : `change-${number}`,
        head_sha: headSha,
        updated_at: iso(completedAt),
        pull_requests: pullRequests,
        app,
      },
      pull_requests: pullRequests,
    },
  })
}

export function workflowRun(
  pull: Pull,
  attempt: number,
  actor: string,
  startedAt: number,
  completedAt: number,
  conclusion: string,
): Delivery {
  const { repo, headSha, number, fork } = pull
  const suite = suiteOf(pull)
  return delivery('workflow_run', repo, completedAt, actor, {
    action: 'completed',
    workflow_run: {
      id: suite,
      name: 'CI',
      path: '.github/workflows/ci.yml',
      head_branch: fork ? null : `change-${number}`,
      head_sha: headSha,
      event: 'pull_request',
      status: 'completed',
      conclusion,
      check_suite_id: suite,
      run_attempt: attempt,
      run_started_at: iso(startedAt),
      created_at: iso(startedAt),
      updated_at: iso(completedAt),
      triggering_actor: user(actor),
      pull_requests: [],
    },
  })
}

/** A Prow status: its description ends in the base commit it was merged with. */
export function status(
  pull: Pull,
  context: string,
  build: number,
  state: string,
  text: string,
  at: number,
): Delivery {
  const { repo, headSha, number } = pull
  const id = numberOf('status', repo.name, headSha, context, build, state)
  return delivery('status', repo, at, 'ci-robot[bot]', {
    id,
    sha: headSha,
    name: `${repo.owner}/${repo.name}`,
    context,
    state,
    description: `${text}${'\u2001'.repeat(5)} BaseSHA:${baseSha(repo, at)}`,
    target_url: `https://prow.example.org/view/gs/logs/pr-logs/pull/${repo.owner}_${repo.name}/${number}/${context}/${build}`,
    created_at: iso(at),
    updated_at: iso(at),
    branches: [],
    commit: { sha: headSha },
  })
}

export function comment(pull: Pull, author: string, body: string, at: number): Delivery {
  const { repo, number } = pull
  const id = numberOf('comment', repo.name, number, author, at)
  const url = `https://github.com/${repo.owner}/${repo.name}/pull/${number}`
  return delivery('issue_comment', repo, at, author, {
    action: 'created',
    issue: {
      id: numberOf('pull', repo.name, number),
      number,
      state: 'open',
      locked: false,
      title: pull.title,
      user: user(pull.author),
      html_url: url,
      pull_request: { html_url: url },
    },
    comment: {
      id,
      body,
      user: user(author),
      author_association: 'MEMBER',
      created_at: iso(at),
      updated_at: iso(at),
      html_url: `${url}#issuecomment-${id}`,
    },
  })
}

function suiteOf({ repo, headSha }: Pull): number {
  return numberOf('suite', repo.name, headSha)
}

function delivery(
  name: string,
  repo: Repo,
  at: number,
  sender: string,
  payload: Record<string, unknown>,
): Delivery {
  const hash = createHash('sha256')
    .update(JSON.stringify([name, repo.name, at, payload]))
    .digest('hex')
  const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
  const repository = {
    id: repo.id,
    name: repo.name,
    full_name: `${repo.owner}/${repo.name}`,
    private: false,
    default_branch: 'main',
    owner: { login: repo.owner, id: ORGANISATION_ID, type: 'Organization' },
  }
  return {
    id,
    name,
    payload: {
      ...payload,
      repository,
      organization: { login: repo.owner, id: ORGANISATION_ID },
      sender: user(sender),
      installation: { id: INSTALLATION_ID },
    },
  }
}

function user(login: string) {
  return { login, id: numberOf('user', login), type: login.endsWith('[bot]') ? 'Bot' : 'User' }
}

function iso(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}
