/**
 * Hunts on GitHub Actions: runs a job again and again, in several workflow runs side by side, or starts its workflow anew
 * for every run, within the minutes that the user allows. All that it needs to go on after a stop is handed out.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Hunt, HuntEnding, HuntRun } from '../run.ts'
import { watch } from '../stop.ts'
import { UserError } from '../user-error.ts'
import { type ActionsApi, type ActionsJob, type Asked, isRefusal } from './api.ts'
import { environmentOf, minutesOf, runReader, tookMs } from './job.ts'
import { ALWAYS, findLanes, type Lane, laneOf, lastResult, markOf, refusePullRequests } from './lanes.ts'
import { resultOf } from './result.ts'
import type { ActionsHooks, ActionsSettings, Before, HuntChange } from './terms.ts'

const POLL_MS = 15_000

/** @throws UserError when the commit heads a pull request, or the job is not found */
export async function huntOnActions(
  api: ActionsApi,
  settings: ActionsSettings,
  hooks: ActionsHooks,
  before: Before = { runs: [], lanes: [], spent: 0 },
  pollMs = POLL_MS,
): Promise<Hunt> {
  const sha = await api.commitOf(settings.ref)
  await refusePullRequests(api, sha, settings.ref)
  const isFresh = before.lanes.length === 0 && settings.workflow === null
  const lanes = isFresh ? await findLanes(api, settings, sha) : before.lanes
  const hunt = new ActionsHunt(api, settings, hooks, { ...before, lanes })
  while (!(await hunt.step())) await wait(pollMs, undefined, { signal: hooks.signal }).catch(() => {})
  return hunt.result()
}

/** One hunt, step by step: it can be put down after each, and taken up again from what was kept. */
export class ActionsHunt {
  readonly #api: ActionsApi
  readonly #settings: ActionsSettings
  readonly #hooks: ActionsHooks
  readonly #lanes: Lane[]
  readonly #runs: HuntRun[] = []
  readonly #readRun
  readonly #watch
  #ending: HuntEnding | null = null
  #endedBy: number | null = null
  #spent: number
  #costliest = 1

  constructor(api: ActionsApi, settings: ActionsSettings, hooks: ActionsHooks, before: Before) {
    this.#api = api
    this.#settings = settings
    this.#hooks = hooks
    this.#lanes = before.lanes.map((lane) => ({ ...lane }))
    this.#spent = before.spent
    this.#watch = watch(settings)
    this.#readRun = runReader(api)
    for (const run of before.runs) this.#count(run, minutesOf(run.duration_ms))
  }

  /** Starts nothing more; what is under way is still waited for: it is paid already. */
  breakOff(): void {
    this.#ending ??= 'interrupted'
  }

  /** Looks at what is under way, and starts what may be started. @returns whether the hunt has ended */
  async step(): Promise<boolean> {
    for (const lane of [...this.#lanes]) if (lane.attempt !== null) await this.#look(lane, lane.attempt)
    if (this.#hooks.signal.aborted) this.#ending ??= 'interrupted'
    if (this.#ending === null) await this.#startMore()
    const isOver = this.#ending !== null || this.#runs.length >= this.#settings.runs
    return (isOver && this.#active() === 0) || this.#hooks.signal.aborted
  }

  async #look(lane: Lane, attempt: number): Promise<void> {
    const now = await this.#api.readRun(lane.run_id)
    if (now.attempt < attempt) {
      // What was asked for is only slow to be shown. What was not was planned by a session that ended before it asked.
      if (lane.asked) return
      if (this.#ending !== null) return this.#takeBack(lane, attempt)
      const before = await this.#api.jobsOf(lane.run_id, attempt - 1)
      return this.#request(lane, attempt, before, { isResumed: true })
    }
    if (now.attempt === attempt && !now.done) return
    const jobs = await this.#api.jobsOf(lane.run_id, attempt)
    const job = jobs.find((one) => one.name === this.#settings.job)
    if (job === undefined) throw this.#noSuchJob(jobs)
    await this.#finish(lane, attempt, job, jobs)
  }

  #noSuchJob(jobs: readonly ActionsJob[]): UserError {
    const names = jobs.map((one) => one.name).join(', ')
    return new UserError(`The workflow has no job ${this.#settings.job}. It has: ${names}.`)
  }

  async #finish(lane: Lane, attempt: number, job: ActionsJob, jobs: readonly ActionsJob[]): Promise<void> {
    const run = await this.#readRun(job, this.#runs.length + 1)
    // Jobs that were not run again are listed with the result that they had.
    const own = jobs.filter((one) => Date.parse(one.completed_at ?? ALWAYS) > Date.parse(lane.after))
    const cost = own.reduce((sum, one) => sum + minutesOf(tookMs(one)), 0)
    const mark = markOf(lane, attempt, { until_at: lastResult(jobs) })
    const environment = this.#runs.length === 0 ? await environmentOf(this.#api, job) : null
    Object.assign(lane, { attempt: null, asked: false })
    this.#spent += cost
    this.#count(run, cost)
    await this.#keep({ run, mark, environment })
  }

  #count(run: HuntRun, cost: number): void {
    this.#runs.push(run)
    this.#costliest = Math.max(this.#costliest, cost)
    const ending = this.#watch.add(run)
    if (ending === null || this.#ending !== null) return
    this.#ending = ending
    this.#endedBy = run.outcome === 'failed' ? run.number : null
  }

  async #startMore(): Promise<void> {
    const { runs, parallel, workflow } = this.#settings
    const wanted = () =>
      this.#ending === null && this.#runs.length + this.#active() < runs && this.#active() < parallel
    if (workflow !== null) {
      while (wanted() && this.#mayStart()) await this.#dispatch(workflow)
      return
    }
    for (const lane of [...this.#lanes]) {
      if (lane.attempt !== null || !wanted()) continue
      if (!this.#mayStart()) return
      await this.#again(lane)
    }
    if (this.#lanes.length === 0) this.#ending ??= 'used_up'
  }

  #active(): number {
    return this.#lanes.filter((lane) => lane.attempt !== null).length
  }

  /** Whether the minutes allow one more, when those under way cost as much as the costliest so far. */
  #mayStart(): boolean {
    const active = this.#active()
    if (this.#spent + (active + 1) * this.#costliest <= this.#settings.minutes) return true
    if (active === 0) this.#ending ??= 'minutes'
    return false
  }

  async #dispatch(workflow: string): Promise<void> {
    const now = await this.#api.readRun(await this.#api.dispatch(workflow, this.#settings.ref))
    // Lanes that have ended their one run are of no more use.
    this.#lanes.splice(0, this.#lanes.length, ...this.#lanes.filter((lane) => lane.attempt !== null))
    const lane: Lane = { ...laneOf(now), attempt: 1, asked: true }
    this.#lanes.push(lane)
    await this.#keep({ mark: markOf(lane, 1) })
  }

  /** The plan is kept before it is carried out: a session that ends between the two finds it, and asks what came of it. */
  async #again(lane: Lane): Promise<void> {
    const now = await this.#api.readRun(lane.run_id)
    if (!now.done) return
    const jobs = await this.#api.jobsOf(lane.run_id, now.attempt)
    const attempt = now.attempt + 1
    Object.assign(lane, { attempt, asked: false, after: lastResult(jobs) })
    await this.#keep({ mark: markOf(lane, attempt) })
    await this.#request(lane, attempt, jobs, { isResumed: false })
  }

  /** @param isResumed that it is running already then means that GitHub had taken the request of the session before */
  async #request(
    lane: Lane,
    attempt: number,
    jobs: readonly ActionsJob[],
    { isResumed }: { isResumed: boolean },
  ): Promise<void> {
    const job = jobs.find((one) => one.name === this.#settings.job)
    const asked = await this.#ask(job).catch(async (error) => {
      // What GitHub refused will never come: a mark left behind would swallow what people run next.
      if (isRefusal(error)) await this.#takeBack(lane, attempt)
      throw error
    })
    if (asked === 'asked' || (asked === 'busy' && isResumed)) {
      lane.asked = true
      return this.#keep({})
    }
    if (asked === 'never') this.#lanes.splice(this.#lanes.indexOf(lane), 1)
    await this.#takeBack(lane, attempt)
  }

  async #ask(job: ActionsJob | undefined): Promise<Asked> {
    return job === undefined ? 'never' : this.#api.rerunJob(job.id)
  }

  async #takeBack(lane: Lane, attempt: number): Promise<void> {
    lane.attempt = null
    await this.#keep({ mark: markOf(lane, attempt, { taken_back: true }) })
  }

  async #keep(change: Partial<Pick<HuntChange, 'run' | 'mark' | 'environment'>>): Promise<void> {
    const known = { lanes: this.#lanes, spent: this.#spent }
    await this.#hooks.onChange({ run: null, mark: null, environment: null, ...change, ...known })
  }

  /** In the order of starting. */
  result(): Hunt {
    return resultOf(this.#settings, this.#runs, {
      ending: this.#ending ?? 'runs',
      endedBy: this.#endedBy,
      missed: this.#watch.missed,
    })
  }
}
