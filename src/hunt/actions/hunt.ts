/**
 * Hunts on GitHub Actions: runs a job again and again, in several workflow runs side by side, or starts its workflow anew
 * for every run, within the minutes that the user allows. All that it needs to go on after a stop is handed out.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from '../../domain/user-error.ts'
import { type Hunt, type HuntEnding, type HuntRun, NO_REPORTS } from '../run.ts'
import { type StopRule, watch } from '../stop.ts'
import type { ActionsApi, ActionsJob } from './api.ts'
import { runReader } from './job.ts'

export interface ActionsSettings extends StopRule {
  repository: string
  job: string
  /** A branch, tag or SHA; for `workflow` a branch or tag. */
  ref: string
  /** The file name of a workflow to dispatch; null runs the job again in the runs that there are. */
  workflow: string | null
  runs: number
  /** What the runs may take in all, each counted in full minutes as GitHub bills them. */
  minutes: number
}

/** A workflow run that takes part, and the attempt in it that is under way. */
export interface Lane {
  run_id: number
  attempt: number | null
}

export interface ActionsHooks {
  signal: AbortSignal
  onRun(run: HuntRun): Promise<void> | void
  /** Before anything is started that a later session must know of. */
  onLanes(lanes: readonly Lane[]): Promise<void> | void
}

/** What an earlier session left: its runs, and the lanes that it had. */
export interface Before {
  runs: readonly HuntRun[]
  lanes: readonly Lane[]
}

const POLL_MS = 15_000
const MINUTE = 60_000

/** @throws UserError when the commit heads a pull request, or the job is not found */
export async function huntOnActions(
  api: ActionsApi,
  settings: ActionsSettings,
  hooks: ActionsHooks,
  before: Before = { runs: [], lanes: [] },
  pollMs = POLL_MS,
): Promise<Hunt> {
  const sha = await api.commitOf(settings.ref)
  await refusePullRequests(api, sha, settings.ref)
  const lanes =
    before.lanes.length > 0 ? before.lanes.map((lane) => ({ ...lane })) : await findLanes(api, settings, sha)
  const hunt = new ActionsHunt(api, settings, hooks, lanes)
  for (const run of before.runs) hunt.take(run)
  await hunt.run(pollMs)
  return hunt.result()
}

/** A run at a pull request's head is told to the app as any other, and would count in the SLA. */
async function refusePullRequests(api: ActionsApi, sha: string, ref: string): Promise<void> {
  const [number] = await api.pullRequestsAt(sha)
  if (number === undefined) return
  throw new UserError(
    `${ref} is the head of pull request #${number}: runs there would count in its SLA. Push a branch of its own, with an empty commit on top (git commit --allow-empty), and hunt that.`,
  )
}

/** Every ended workflow run of the commit that has the job; a dispatched hunt begins with none. */
async function findLanes(
  api: ActionsApi,
  { job, workflow, parallel, ref }: ActionsSettings,
  sha: string,
): Promise<Lane[]> {
  if (workflow !== null) return []
  const lanes: Lane[] = []
  const names = new Set<string>()
  for (const run_id of await api.endedRunsAt(sha)) {
    const jobs = await api.newestJobs(run_id)
    for (const { name } of jobs) names.add(name)
    if (jobs.some(({ name }) => name === job)) lanes.push({ run_id, attempt: null })
    if (lanes.length === parallel) break
  }
  if (lanes.length > 0) return lanes
  const known = [...names].slice(0, 20).join(', ')
  throw new UserError(
    `No workflow run that has ended at ${ref} has a job ${job}${known ? ` (there is: ${known})` : ''}. Let its workflow run there once, or start it with --workflow FILE.`,
  )
}

class ActionsHunt {
  readonly #api: ActionsApi
  readonly #settings: ActionsSettings
  readonly #hooks: ActionsHooks
  readonly #lanes: Lane[]
  readonly #runs: HuntRun[] = []
  readonly #readRun
  readonly #watch
  #ending: HuntEnding | null = null
  #endedBy: number | null = null
  #minutes = 0

  constructor(api: ActionsApi, settings: ActionsSettings, hooks: ActionsHooks, lanes: Lane[]) {
    this.#api = api
    this.#settings = settings
    this.#hooks = hooks
    this.#lanes = lanes
    this.#watch = watch(settings)
    this.#readRun = runReader(api)
  }

  /** Counts a run, of this session or one before. */
  take(run: HuntRun): void {
    this.#runs.push(run)
    this.#minutes += Math.ceil(run.duration_ms / MINUTE)
    const ending = this.#watch.add(run)
    if (ending === null || this.#ending !== null) return
    this.#ending = ending
    this.#endedBy = run.outcome === 'failed' ? run.number : null
  }

  /** What is under way when the answer is known is waited for: it is paid already. */
  async run(pollMs: number): Promise<void> {
    const { signal } = this.#hooks
    for (let isFirst = true; ; isFirst = false) {
      await this.#look(isFirst)
      if (signal.aborted) this.#ending ??= 'interrupted'
      if (this.#ending === null) await this.#startMore()
      const isIdle = this.#lanes.every((lane) => lane.attempt === null)
      if (isIdle || this.#ending === 'interrupted') return
      await wait(pollMs, undefined, { signal }).catch(() => {})
    }
  }

  /**
   * @param isFirst an attempt that is not there was planned by a session that ended before it asked for it; later it is
   *   only slow to be shown
   */
  async #look(isFirst: boolean): Promise<void> {
    for (const lane of this.#lanes) {
      if (lane.attempt === null) continue
      const jobs = await this.#api.newestJobs(lane.run_id)
      const job = jobs.find((one) => one.name === this.#settings.job)
      const attempt = jobs[0]?.attempt ?? 0
      if (attempt < lane.attempt) {
        if (isFirst) lane.attempt = null
      } else if (job?.status === 'completed') await this.#finish(lane, job)
      else if (!job && jobs.length > 0 && jobs.every((one) => one.status === 'completed'))
        throw new UserError(
          `The workflow has no job ${this.#settings.job}. It has: ${jobs.map((one) => one.name).join(', ')}.`,
        )
    }
  }

  async #finish(lane: Lane, job: ActionsJob): Promise<void> {
    const run = await this.#readRun(job, this.#runs.length + 1)
    lane.attempt = null
    this.take(run)
    await this.#hooks.onRun(run)
    await this.#hooks.onLanes(this.#lanes)
  }

  async #startMore(): Promise<void> {
    const { runs, parallel, workflow } = this.#settings
    const active = () => this.#lanes.filter((lane) => lane.attempt !== null).length
    const wanted = () => this.#ending === null && this.#runs.length + active() < runs && active() < parallel
    if (workflow !== null) {
      while (wanted() && this.#mayStart(active())) await this.#dispatch(workflow)
      return
    }
    for (const lane of [...this.#lanes]) {
      if (lane.attempt !== null || !wanted()) continue
      if (!this.#mayStart(active())) return
      await this.#again(lane)
    }
    if (this.#lanes.length === 0) this.#ending ??= 'used_up'
  }

  /** Whether the minutes allow one more, when those under way take as long as the longest so far. */
  #mayStart(active: number): boolean {
    const longest = this.#runs.reduce((most, run) => Math.max(most, Math.ceil(run.duration_ms / MINUTE)), 1)
    if (this.#minutes + (active + 1) * longest <= this.#settings.minutes) return true
    if (active === 0) this.#ending ??= 'minutes'
    return false
  }

  async #dispatch(workflow: string): Promise<void> {
    const run_id = await this.#api.dispatch(workflow, this.#settings.ref)
    // Lanes that have ended their one run are of no more use.
    this.#lanes.splice(0, this.#lanes.length, ...this.#lanes.filter((lane) => lane.attempt !== null))
    this.#lanes.push({ run_id, attempt: 1 })
    await this.#hooks.onLanes(this.#lanes)
  }

  /** The plan is kept before it is carried out: a session that ends between the two finds it, and asks what came of it. */
  async #again(lane: Lane): Promise<void> {
    const jobs = await this.#api.newestJobs(lane.run_id)
    const job = jobs.find((one) => one.name === this.#settings.job)
    if (job === undefined || jobs.some((one) => one.status !== 'completed')) return
    lane.attempt = job.attempt + 1
    await this.#hooks.onLanes(this.#lanes)
    if (await this.#api.rerunJob(job.id)) return
    this.#lanes.splice(this.#lanes.indexOf(lane), 1)
    await this.#hooks.onLanes(this.#lanes)
  }

  /** In the order of starting. */
  result(): Hunt {
    const told = [...this.#runs].sort(
      (a, b) => Date.parse(a.started_at) - Date.parse(b.started_at) || a.number - b.number,
    )
    const endedBy = told.findIndex((run) => run.number === this.#endedBy)
    const { goal, parallel } = this.#settings
    return {
      goal,
      parallel,
      ending: this.#ending ?? 'runs',
      ended_by: endedBy < 0 ? null : endedBy + 1,
      missed: this.#watch.missed,
      ordered: true,
      runs: told.map((run, i) => ({ ...run, number: i + 1 })),
      tests: [],
      reports: NO_REPORTS,
    }
  }
}
