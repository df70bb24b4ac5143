/**
 * Hunts on GitHub Actions: re-runs a job in several workflow runs in parallel, or starts its workflow for every run, within
 * a budget of minutes. Its whole state is passed to `onChange`, so that a later session can resume it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Hunt, HuntEnding, HuntRun } from '../run.ts'
import { watch } from '../stop.ts'
import { UserError } from '../user-error.ts'
import { type ActionsApi, type ActionsJob, isRefusal, type RerunResult } from './api.ts'
import { environmentOf, minutesOf, runReader, tookMs } from './job.ts'
import { EPOCH, findLanes, type Lane, laneOf, lastResult, markOf, refusePullRequests } from './lanes.ts'
import { resultOf } from './result.ts'
import type { ActionsHooks, ActionsSettings, EarlierSession, HuntChange } from './settings.ts'

const POLL_MS = 15_000

/** @throws UserError when the commit heads a pull request, or the job is not found */
export async function huntOnActions(
  api: ActionsApi,
  settings: ActionsSettings,
  hooks: ActionsHooks,
  earlier: EarlierSession = { runs: [], lanes: [], spent: 0 },
  pollMs = POLL_MS,
): Promise<Hunt> {
  const sha = await api.commitOf(settings.ref)
  await refusePullRequests(api, sha, settings.ref)
  const isFresh = earlier.lanes.length === 0 && settings.workflow === null
  const lanes = isFresh ? await findLanes(api, settings, sha) : earlier.lanes
  const hunt = new ActionsHunt(api, settings, hooks, { ...earlier, lanes })
  while (!(await hunt.step())) await wait(pollMs, undefined, { signal: hooks.signal }).catch(() => {})
  return hunt.result()
}

/** A hunt in steps. It can be interrupted after each step and resumed from the stored state. */
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
  #maxCost = 1

  constructor(api: ActionsApi, settings: ActionsSettings, hooks: ActionsHooks, earlier: EarlierSession) {
    this.#api = api
    this.#settings = settings
    this.#hooks = hooks
    this.#lanes = earlier.lanes.map((lane) => ({ ...lane }))
    this.#spent = earlier.spent
    this.#watch = watch(settings)
    this.#readRun = runReader(api)
    for (const run of earlier.runs) this.#count(run, minutesOf(run.duration_ms))
  }

  /** Starts no further runs. Runs in progress are still awaited, because their minutes are spent. */
  stopStarting(): void {
    this.#ending ??= 'interrupted'
  }

  /** Checks the runs in progress, and starts new ones. @returns whether the hunt has ended */
  async step(): Promise<boolean> {
    for (const lane of [...this.#lanes]) if (lane.attempt !== null) await this.#check(lane, lane.attempt)
    if (this.#hooks.signal.aborted) this.#ending ??= 'interrupted'
    if (this.#ending === null) await this.#startMore()
    const isOver = this.#ending !== null || this.#runs.length >= this.#settings.runs
    return (isOver && this.#active() === 0) || this.#hooks.signal.aborted
  }

  async #check(lane: Lane, attempt: number): Promise<void> {
    const workflowRun = await this.#api.readRun(lane.run_id)
    if (workflowRun.attempt < attempt) {
      // A requested attempt may appear with a delay. Otherwise an earlier session ended between planning and requesting it.
      if (lane.requested) return
      if (this.#ending !== null) return this.#withdraw(lane, attempt)
      const jobs = await this.#api.jobsOf(lane.run_id, attempt - 1)
      return this.#request(lane, attempt, jobs, { isResumed: true })
    }
    if (workflowRun.attempt === attempt && !workflowRun.done) return
    const jobs = await this.#api.jobsOf(lane.run_id, attempt)
    const job = jobs.find(({ name }) => name === this.#settings.job)
    if (job === undefined) throw this.#noSuchJob(jobs)
    await this.#finish(lane, attempt, job, jobs)
  }

  #noSuchJob(jobs: readonly ActionsJob[]): UserError {
    const names = jobs.map(({ name }) => name).join(', ')
    return new UserError(`The workflow has no job ${this.#settings.job}. Its jobs: ${names}.`)
  }

  async #finish(lane: Lane, attempt: number, job: ActionsJob, jobs: readonly ActionsJob[]): Promise<void> {
    const run = await this.#readRun(job, this.#runs.length + 1)
    // Jobs that were not re-run are listed with their earlier result.
    const rerun = jobs.filter((other) => Date.parse(other.completed_at ?? EPOCH) > Date.parse(lane.after))
    const cost = rerun.reduce((sum, other) => sum + minutesOf(tookMs(other)), 0)
    const mark = markOf(lane, attempt, { until_at: lastResult(jobs) })
    const environment = this.#runs.length === 0 ? await environmentOf(this.#api, job) : null
    Object.assign(lane, { attempt: null, requested: false })
    this.#spent += cost
    this.#count(run, cost)
    await this.#store({ run, mark, environment })
  }

  #count(run: HuntRun, cost: number): void {
    this.#runs.push(run)
    this.#maxCost = Math.max(this.#maxCost, cost)
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
      await this.#rerun(lane)
    }
    if (this.#lanes.length === 0) this.#ending ??= 'used_up'
  }

  #active(): number {
    return this.#lanes.filter((lane) => lane.attempt !== null).length
  }

  /** Whether the budget allows one more run, if each run in progress costs as much as the most expensive so far. */
  #mayStart(): boolean {
    const active = this.#active()
    if (this.#spent + (active + 1) * this.#maxCost <= this.#settings.minutes) return true
    if (active === 0) this.#ending ??= 'minutes'
    return false
  }

  async #dispatch(workflow: string): Promise<void> {
    const workflowRun = await this.#api.readRun(await this.#api.dispatch(workflow, this.#settings.ref))
    // A dispatched workflow run is used for one run only.
    this.#lanes.splice(0, this.#lanes.length, ...this.#lanes.filter((lane) => lane.attempt !== null))
    const lane: Lane = { ...laneOf(workflowRun), attempt: 1, requested: true }
    this.#lanes.push(lane)
    await this.#store({ mark: markOf(lane, 1) })
  }

  /** Stores the plan before it requests the re-run, so that a later session finds an attempt whose request was interrupted. */
  async #rerun(lane: Lane): Promise<void> {
    const workflowRun = await this.#api.readRun(lane.run_id)
    if (!workflowRun.done) return
    const jobs = await this.#api.jobsOf(lane.run_id, workflowRun.attempt)
    const attempt = workflowRun.attempt + 1
    Object.assign(lane, { attempt, requested: false, after: lastResult(jobs) })
    await this.#store({ mark: markOf(lane, attempt) })
    await this.#request(lane, attempt, jobs, { isResumed: false })
  }

  /** @param isResumed whether `busy` can mean that GitHub accepted the request of an earlier session */
  async #request(
    lane: Lane,
    attempt: number,
    jobs: readonly ActionsJob[],
    { isResumed }: { isResumed: boolean },
  ): Promise<void> {
    const job = jobs.find(({ name }) => name === this.#settings.job)
    const result = await this.#requestRerun(job).catch(async (error) => {
      // A refused attempt never runs. Its mark would claim the next attempt, which a person starts.
      if (isRefusal(error)) await this.#withdraw(lane, attempt)
      throw error
    })
    if (result === 'accepted' || (result === 'busy' && isResumed)) {
      lane.requested = true
      return this.#store({})
    }
    if (result === 'never') this.#lanes.splice(this.#lanes.indexOf(lane), 1)
    await this.#withdraw(lane, attempt)
  }

  async #requestRerun(job: ActionsJob | undefined): Promise<RerunResult> {
    return job === undefined ? 'never' : this.#api.rerunJob(job.id)
  }

  async #withdraw(lane: Lane, attempt: number): Promise<void> {
    lane.attempt = null
    await this.#store({ mark: markOf(lane, attempt, { withdrawn: true }) })
  }

  async #store(change: Partial<Pick<HuntChange, 'run' | 'mark' | 'environment'>>): Promise<void> {
    const state = { lanes: this.#lanes, spent: this.#spent }
    await this.#hooks.onChange({ run: null, mark: null, environment: null, ...change, ...state })
  }

  /** The hunt so far, with its runs in order of start. */
  result(): Hunt {
    return resultOf(this.#settings, this.#runs, {
      ending: this.#ending ?? 'runs',
      endedBy: this.#endedBy,
      missed: this.#watch.missed,
    })
  }
}
