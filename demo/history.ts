/**
 * The demo's history: three weeks of a small organisation, identical in every run. It contains what real histories contain:
 * passes, real failures, a flaky job, a pull request that introduces a flake, an outage, aborted and skipped runs, forks, and
 * retests by contributors and by a bot.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../src/domain/time.ts'
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
} from '../src/simulate/payloads.ts'

export interface Moment {
  /** Epoch ms. */
  at: number
  delivery: MadeDelivery
}

/** The first day, a Monday, in epoch ms (UTC). */
export const HISTORY_START = Date.UTC(2026, 2, 2)
const HISTORY_DAYS = 19

interface Job {
  name: string
  by: 'actions' | 'prow'
  minutes: number
  /** Probability that a run fails although the code is right. */
  flakes: number
  /** Probability that a change breaks the job. */
  breaks: number
}

export const INSTALLATION_ID = 4_002_001
const ORGANISATION = { owner: 'example-org', installation: INSTALLATION_ID }

const REPOSITORIES: { repo: MadeRepository; pullsADay: number; jobs: Job[] }[] = [
  {
    repo: { ...ORGANISATION, id: 71_001, name: 'api' },
    pullsADay: 9,
    jobs: [
      { name: 'lint', by: 'actions', minutes: 2, flakes: 0, breaks: 0.03 },
      { name: 'unit', by: 'actions', minutes: 8, flakes: 0.0005, breaks: 0.05 },
      { name: 'integration', by: 'actions', minutes: 25, flakes: 0.035, breaks: 0.02 },
      { name: 'pull-api-e2e', by: 'prow', minutes: 50, flakes: 0.012, breaks: 0.02 },
    ],
  },
  {
    repo: { ...ORGANISATION, id: 71_002, name: 'web' },
    pullsADay: 6,
    jobs: [
      { name: 'build', by: 'actions', minutes: 5, flakes: 0, breaks: 0.04 },
      { name: 'browser (firefox)', by: 'actions', minutes: 15, flakes: 0.006, breaks: 0.02 },
    ],
  },
  {
    repo: { ...ORGANISATION, id: 71_003, name: 'charts' },
    pullsADay: 3,
    jobs: [{ name: 'pull-charts-install', by: 'prow', minutes: 18, flakes: 0, breaks: 0.05 }],
  },
]

/** On the second Thursday the test cluster has no disk space for two hours. */
const OUTAGE = {
  from: HISTORY_START + 10 * DAY_MS + 13 * HOUR_MS,
  to: HISTORY_START + 10 * DAY_MS + 15 * HOUR_MS,
  jobs: ['integration', 'pull-api-e2e'],
}
/** This pull request makes `unit` flaky at each of its own commits, and nowhere else. */
const OWN_FLAKE = { repo: 'api', job: 'unit', number: 120 }

/** All webhooks of the history, in order of time. */
export function makeHistory(): Moment[] {
  const moments: Moment[] = []
  for (const { repo, pullsADay, jobs } of REPOSITORIES) {
    let number = 100
    for (let day = 0; day < HISTORY_DAYS; day++) {
      const isWeekend = day % 7 >= 5
      const pulls = isWeekend ? Math.ceil(pullsADay / 5) : pullsADay
      for (let i = 0; i < pulls; i++)
        addPullRequest(moments, repo, jobs, ++number, HISTORY_START + day * DAY_MS)
    }
  }
  return moments.sort((a, b) => a.at - b.at || (a.delivery.id < b.delivery.id ? -1 : 1))
}

/** A pull request and the repository it belongs to. */
interface Pull extends MadePullRequest {
  repo: MadeRepository
}

/** Adds the webhooks of a pull request from its opening to its merge. */
function addPullRequest(
  moments: Moment[],
  repo: MadeRepository,
  jobs: readonly Job[],
  number: number,
  day: number,
): void {
  const chance = randomOf(repo.name, number)
  const openedAt = day + 7 * HOUR_MS + Math.floor(chance() * 9 * HOUR_MS)
  const author = `contributor-${1 + Math.floor(chance() * 24)}`
  const docsOnly = chance() < 0.08
  const fork = chance() < 0.4
  const brings = repo.name === OWN_FLAKE.repo && number === OWN_FLAKE.number
  const heads = brings ? 4 : 1 + Math.floor(chance() * 2.4)
  let at = openedAt
  let before: string | undefined
  let pull: Pull
  for (let head = 1; ; head++) {
    pull = {
      repo,
      number,
      title: `${docsOnly ? 'Explain' : 'Improve'} part ${number}`,
      author,
      body: null,
      fork,
      openedAt,
      headRef: `change-${number}`,
      headSha: shaOf(repo.name, number, head),
      baseRef: 'main',
      baseSha: baseAt(repo, at),
    }
    const action = head === 1 ? 'opened' : 'synchronize'
    moments.push({ at, delivery: pullRequestDelivery(repo, pull, { action, at, before }) })
    before = pull.headSha
    const isLast = head === heads
    const pushedOver = !isLast && chance() < 0.25
    const isBrought = (job: Job) => brings && job.name === OWN_FLAKE.job
    const about = { chance, docsOnly, isLast, pushedOver }
    const done = jobs.map((job) =>
      addJobRuns(moments, pull, job, at + MINUTE_MS, { ...about, brings: isBrought(job) }),
    )
    at = pushedOver
      ? at + 4 * MINUTE_MS
      : Math.max(...done) + 10 * MINUTE_MS + Math.floor(chance() * 60) * MINUTE_MS
    if (isLast) break
  }
  moments.push({ at, delivery: pullRequestDelivery(repo, pull, { action: 'closed', at, merged: true }) })
}

/** The commit at the tip of `main`, which moves once a day. */
function baseAt({ name }: MadeRepository, at: number): string {
  return shaOf('main', name, Math.floor(at / DAY_MS))
}

interface Circumstances {
  chance: () => number
  docsOnly: boolean
  isLast: boolean
  pushedOver: boolean
  brings: boolean
}

/** Adds the runs of one job at one head. @returns when the last run ended (epoch ms) */
function addJobRuns(moments: Moment[], pull: Pull, job: Job, start: number, about: Circumstances): number {
  const { chance } = about
  let startedAt = start
  const isBroken = !about.isLast && chance() < job.breaks * 4
  for (let attempt = 1; ; attempt++) {
    const end = startedAt + job.minutes * MINUTE_MS + Math.floor(chance() * 3) * MINUTE_MS
    if (about.pushedOver && attempt === 1)
      return addRun(moments, pull, job, attempt, 'aborted', startedAt, start + 3 * MINUTE_MS)
    if (about.docsOnly && job.by === 'actions' && job.minutes > 10)
      return addRun(moments, pull, job, attempt, 'skipped', startedAt, startedAt + MINUTE_MS)
    const isOut = OUTAGE.jobs.includes(job.name) && end >= OUTAGE.from && end < OUTAGE.to
    const flakes = chance() < job.flakes || (about.brings && attempt === 1)
    const failed = isBroken || isOut || (flakes && attempt < 3)
    addRun(moments, pull, job, attempt, failed ? 'failure' : 'success', startedAt, end)
    if (!failed || isBroken || attempt === 4) return end
    startedAt = addRetest(moments, pull, job, attempt, end, chance)
  }
}

function addRun(
  moments: Moment[],
  pull: Pull,
  job: Job,
  attempt: number,
  outcome: 'success' | 'failure' | 'aborted' | 'skipped',
  startedAt: number,
  at: number,
): number {
  const { repo, number, headSha, fork, author } = pull
  const headBranch = fork ? null : pull.headRef
  if (job.by === 'prow') {
    const addStatus = (state: string, text: string, at: number) => {
      const status = { context: job.name, build: attempt, state, text, number, headSha, at }
      moments.push({ at, delivery: statusDelivery(repo, { ...status, baseSha: baseAt(repo, at) }) })
    }
    addStatus('pending', 'Job triggered.', startedAt)
    const [state, text] = PROW[outcome]
    addStatus(state, text, at)
    return at
  }
  const conclusion = outcome === 'aborted' ? 'cancelled' : outcome
  const run = { attempt, headSha, headBranch, startedAt }
  const named = fork ? null : pull
  const check = { ...run, job: job.name, conclusion, completedAt: at, named }
  moments.push({ at, delivery: checkRunDelivery(repo, check) })
  if (job.name === 'lint' || job.name === 'build' || attempt > 1) {
    const actor = attempt > 1 ? author : 'github-actions[bot]'
    const workflow = { ...run, event: 'pull_request', actor, ended: { at, conclusion } }
    moments.push({ at, delivery: workflowRunDelivery(repo, workflow) })
  }
  return at
}

const PROW = {
  success: ['success', 'Job succeeded.'],
  failure: ['failure', 'Job failed.'],
  aborted: ['failure', 'Aborted by trigger plugin.'],
  skipped: ['success', 'Skipped.'],
} as const

/** Adds a comment, by the author or a bot, that re-runs the failed job. @returns when the new run starts (epoch ms) */
function addRetest(
  moments: Moment[],
  pull: Pull,
  job: Job,
  attempt: number,
  failedAt: number,
  chance: () => number,
): number {
  const at = failedAt + (5 + Math.floor(chance() * 40)) * MINUTE_MS
  const byBot = chance() < 0.2
  const author = byBot ? 'retest-robot[bot]' : pull.author
  const id = numberOf('comment', pull.repo.name, pull.number, author, at)
  const body = byBot ? '/retest-required' : job.by === 'prow' && attempt > 1 ? `/test ${job.name}` : '/retest'
  moments.push({ at, delivery: commentDelivery(pull.repo, pull, { id, author, body, at }) })
  return at + MINUTE_MS
}

/** A random number generator in [0, 1), seeded with the arguments (mulberry32). */
function randomOf(...seed: (string | number)[]): () => number {
  let state = numberOf('dice', ...seed) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
