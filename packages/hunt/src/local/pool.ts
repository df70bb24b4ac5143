/** Runs the command on this machine, several runs in parallel, until the answer is known or all runs are done. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failureDescriber } from '../failure.ts'
import { collectReports, type RunReports, testCounter } from '../junit/collect.ts'
import type { Hunt, HuntEnding, HuntRun } from '../run.ts'
import { type StopRule, watch } from '../stop.ts'
import { type ActiveRuns, activeRuns, type CompletedRun } from './active-runs.ts'
import { type Isolation, type MakePlace, type Place, placesFor } from './isolate.ts'
import { type Lane, openLane } from './lane.ts'
import { memoryKills } from './memory.ts'
import { type OutputFile, openOutput } from './output.ts'
import { cannotStart, start } from './process.ts'
import { findProgram } from './program.ts'
import { envOfRun, seedOf } from './seed.ts'

export interface LocalSettings extends StopRule {
  command: readonly string[]
  runs: number
  timeoutMs: number
  cwd: string
  env: Record<string, string>
  isolate: Isolation | null
  /** Git revisions that the runs take in turn; HEAD if not given. */
  revisions?: readonly string[]
  /** The base from which each run's seed is derived; null leaves the environment unchanged. */
  seed: number | null
  /** Globs of the JUnit reports that a run writes. */
  junit: readonly string[]
}

export interface LocalHooks {
  /** Ends the hunt at once. Runs in progress are stopped and do not count as failures. */
  signal: AbortSignal
  /** After each run. */
  onRun(run: HuntRun): void
}

/** @throws UserError when the command cannot be started */
export async function huntLocally(settings: LocalSettings, hooks: LocalHooks): Promise<Hunt> {
  const scratch = await mkdtemp(join(tmpdir(), 'flake-sla-hunt-'))
  try {
    const command = findProgram(settings.command, settings.cwd, settings.env)
    const places = await placesFor(settings.isolate, settings.cwd, scratch, settings.revisions)
    return await new Pool({ ...settings, command }, hooks, places).run(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 })
  }
}

class Pool {
  readonly #settings: LocalSettings
  readonly #hooks: LocalHooks
  readonly #makePlace: MakePlace
  readonly #runs: HuntRun[] = []
  readonly #active: ActiveRuns
  readonly #describeFailure = failureDescriber()
  readonly #watch
  readonly #tests = testCounter()
  #started = 0
  #ending: HuntEnding | null = null
  #endedBy: number | null = null
  #broken: unknown = null
  readonly #memoryKilled = memoryKills()

  constructor(settings: LocalSettings, hooks: LocalHooks, makePlace: MakePlace) {
    this.#settings = settings
    this.#hooks = hooks
    this.#makePlace = makePlace
    this.#watch = watch(settings)
    this.#active = activeRuns(settings.timeoutMs)
  }

  async run(scratch: string): Promise<Hunt> {
    const { parallel, runs, goal } = this.#settings
    const interrupt = () => this.#end('interrupted', null)
    this.#hooks.signal.addEventListener('abort', interrupt, { once: true })
    if (this.#hooks.signal.aborted) interrupt()
    try {
      const workers = Array.from({ length: Math.min(parallel, runs) }, (_, i) =>
        this.#work(String(i + 1), join(scratch, `output-${i + 1}`)),
      )
      await Promise.all(workers)
    } finally {
      this.#active.close()
      this.#hooks.signal.removeEventListener('abort', interrupt)
    }
    if (this.#broken !== null) throw this.#broken
    return {
      goal,
      parallel,
      ending: this.#ending ?? 'runs',
      ended_by: this.#endedBy,
      missed: this.#watch.missed,
      ordered: true,
      runs: this.#runs.sort((a, b) => a.number - b.number),
      tests: this.#tests.tallies(),
      reports: this.#tests.reports,
    }
  }

  async #work(worker: string, path: string): Promise<void> {
    const output = openOutput(path)
    const lane = this.#laneFor(worker, output)
    try {
      while (this.#ending === null && this.#started < this.#settings.runs) {
        const number = ++this.#started
        const place = await this.#makePlace(number)
        try {
          await this.#runOnce(number, worker, place, output, lane)
        } finally {
          await place.clear()
        }
      }
    } catch (error) {
      // The hunt cannot continue. The other workers are stopped and awaited.
      this.#broken ??= error
      this.#end('interrupted', null)
    } finally {
      lane?.close()
      output.close()
    }
  }

  /** Runs with the same folder and environment share a shell. Isolated or seeded runs are started one by one. */
  #laneFor(worker: string, output: OutputFile): Lane | null {
    const { command, cwd, env, isolate, seed } = this.#settings
    if (isolate !== null || seed !== null) return null
    return openLane(command, { cwd, env: { ...env, FLAKE_SLA_WORKER: worker }, output: output.fd })
  }

  async #runOnce(
    number: number,
    worker: string,
    place: Place,
    output: OutputFile,
    lane: Lane | null,
  ): Promise<void> {
    if (this.#ending !== null) return
    output.clear()
    const seed = this.#settings.seed === null ? null : seedOf(this.#settings.seed, number)
    const startedAt = Date.now()
    const began = performance.now()
    const process =
      lane?.start(number) ??
      start(this.#settings.command, {
        cwd: place.cwd,
        env: envOfRun(this.#settings.env, { number, worker, seed, tmp: place.tmp }),
        output: output.fd,
      })
    const ended = await this.#active.follow(process, output)
    if (ended.error) throw cannotStart(this.#settings.command, ended.error)
    const durationMs = performance.now() - began
    const reports = await this.#reportsOf(ended, { cwd: place.cwd, run: number, worker, since: startedAt })
    this.#finish({
      number,
      ...this.#outcomeOf(ended, output, reports),
      exit_code: ended.exit_code,
      timed_out: ended.timed_out,
      started_at: new Date(startedAt).toISOString(),
      duration_ms: durationMs,
      ended: this.#runs.length + 1,
      worker,
      node: null,
      seed,
      peak_memory_bytes: ended.peak_memory_bytes,
    })
  }

  /** Reports of a run that the hunt stopped are incomplete and not read. */
  async #reportsOf(
    { stopped }: CompletedRun,
    place: { cwd: string; run: number; worker: string; since: number },
  ): Promise<RunReports | null> {
    if (this.#settings.junit.length === 0 || stopped) return null
    const reports = await collectReports({ patterns: this.#settings.junit, ...place })
    this.#tests.add(reports)
    return reports
  }

  #outcomeOf(
    { stopped, exit_code, timed_out }: CompletedRun,
    output: OutputFile,
    reports: RunReports | null,
  ): Pick<HuntRun, 'outcome' | 'message' | 'output' | 'killed_for'> {
    const noFailure = { message: null, output: null, killed_for: null }
    if (stopped) return { outcome: 'stopped', ...noFailure }
    if (exit_code === 0 && !timed_out) return { outcome: 'passed', ...noFailure }
    const test = reports?.tests.find(({ outcome }) => outcome === 'failed') ?? null
    const killed_for = exit_code === 137 && !timed_out && this.#memoryKilled() ? 'memory' : null
    const failure = this.#describeFailure({ output: output.read(), exit_code, timed_out, killed_for, test })
    return { outcome: 'failed', ...failure }
  }

  #finish(run: HuntRun): void {
    this.#runs.push(run)
    const ending = this.#watch.add(run)
    this.#hooks.onRun(run)
    if (ending !== null) this.#end(ending, run.outcome === 'failed' ? run.number : null)
  }

  /** Runs in progress are completed when the answer is known, because slow runs may be the failing ones. */
  #end(ending: HuntEnding, by: number | null): void {
    if (this.#ending === null || ending === 'interrupted') {
      this.#endedBy ??= by
      this.#ending ??= ending
    }
    if (ending === 'decided') return
    this.#active.stop()
  }
}
