/** Hunts on a cluster: makes the Job, follows its pods to their end, and keeps what they say while they are there. */
import { setTimeout as wait } from 'node:timers/promises'
import type { V1Pod } from '@kubernetes/client-node'
import { type Failure, failureTeller } from '../failure.ts'
import { type Hunt, type HuntEnding, type HuntRun, NO_REPORTS } from '../run.ts'
import { type StopRule, watch } from '../stop.ts'
import { UserError } from '../user-error.ts'
import type { Cluster } from './cluster.ts'
import { type ClusterSettings, jobManifest } from './manifest.ts'
import { cannotStart, type EndedPod, endedPod } from './pod.ts'

export interface ClusterHunt {
  hunt: Hunt
  /** The digests of the images that the pods really ran. */
  images: string[]
}

export interface ClusterHooks {
  signal: AbortSignal
  onRun(run: HuntRun): void
}

type ToldRun = HuntRun & EndedPod

/** A watch may say nothing for long; then the Job itself is asked. */
const ASK_MS = 5000
/** A registry may be slow or away for a moment; when no pod has started by then, none will. */
const PULL_PATIENCE_MS = 60_000

/** @throws UserError when the cluster refuses, cannot be reached, or cannot start the image */
export async function huntOnCluster(
  cluster: Cluster,
  settings: ClusterSettings & StopRule,
  hooks: ClusterHooks,
  patience: { askMs: number; pullMs: number } = { askMs: ASK_MS, pullMs: PULL_PATIENCE_MS },
): Promise<ClusterHunt> {
  await cluster.create(jobManifest(settings))
  const follower = new Follower(cluster, settings, hooks, patience)
  try {
    await follower.follow()
  } finally {
    await cluster.remove(settings.namespace, settings.name)
  }
  return follower.result()
}

class Follower {
  readonly #cluster: Cluster
  readonly #settings: ClusterSettings & StopRule
  readonly #hooks: ClusterHooks
  readonly #patience: { askMs: number; pullMs: number }
  readonly #runs = new Map<string, ToldRun>()
  readonly #images = new Set<string>()
  readonly #tellFailure = failureTeller()
  readonly #watch
  #ending: HuntEnding | null = null
  #endedBy: number | null = null
  #started = false
  #broken: UserError | null = null
  /** Pods in the order in which they were told of, handled one by one. */
  #queue: Promise<void> = Promise.resolve()

  constructor(
    cluster: Cluster,
    settings: ClusterSettings & StopRule,
    hooks: ClusterHooks,
    patience: { askMs: number; pullMs: number },
  ) {
    this.#cluster = cluster
    this.#settings = settings
    this.#hooks = hooks
    this.#patience = patience
    this.#watch = watch(settings)
  }

  /**
   * Lists, then watches from there until the watch ends or the Job is asked, and so on. What a broken watch missed is in
   * the next list, as long as the pods are there; the Job keeps them until it is removed.
   */
  async follow(): Promise<void> {
    const { namespace, name } = this.#settings
    const began = Date.now()
    while (this.#ending === null) {
      if (this.#hooks.signal.aborted) return this.#end('interrupted', null)
      // Asked before the list, so that the list after a Job's end holds every pod.
      const isOver = await this.#cluster.hasEnded(namespace, name)
      const { pods, version } = await this.#cluster.listPods(namespace, name)
      for (const pod of pods) this.#tell(pod)
      await this.#queue
      if (this.#broken !== null && !this.#started && Date.now() - began > this.#patience.pullMs)
        throw this.#broken
      if (isOver) return
      if (this.#ending === null) await this.#watchFor(version)
    }
  }

  async #watchFor(version: string): Promise<void> {
    const { namespace, name } = this.#settings
    const controller = new AbortController()
    const signal = AbortSignal.any([controller.signal, this.#hooks.signal])
    const timer = wait(this.#patience.askMs, undefined, { signal }).then(
      () => controller.abort(),
      () => {},
    )
    const began = Date.now()
    await this.#cluster.watchPods(namespace, name, version, signal, (pod) => {
      this.#tell(pod)
      if (this.#ending !== null) controller.abort()
    })
    await this.#queue
    // A cluster that ends every watch at once must not be asked without a pause.
    if (!signal.aborted) await wait(Math.max(0, this.#patience.askMs / 5 - (Date.now() - began)))
    controller.abort()
    await timer
  }

  #tell(pod: V1Pod): void {
    if (pod.status?.phase !== 'Pending') this.#started = true
    const reason = cannotStart(pod)
    if (reason !== null) this.#broken = new UserError(`No pod can start ${this.#settings.image}: ${reason}`)
    const ended = endedPod(pod)
    if (ended === null || this.#runs.has(ended.uid)) return
    const run = { ...ended, ...NOTHING_SAID }
    this.#runs.set(ended.uid, run)
    this.#queue = this.#queue.then(() => this.#finish(ended, run))
  }

  async #finish(ended: EndedPod, run: ToldRun): Promise<void> {
    if (ended.image !== null) this.#images.add(ended.image)
    if (run.outcome === 'failed') Object.assign(run, await this.#saidBy(ended))
    const ending = this.#watch.add(run)
    this.#hooks.onRun(run)
    if (ending !== null) this.#end(ending, run.outcome === 'failed' ? run.number : null)
  }

  async #saidBy(ended: EndedPod): Promise<Failure> {
    const log = await this.#cluster.readLog(this.#settings.namespace, ended.pod)
    return this.#tellFailure({ ...ended, output: log ?? '', test: null })
  }

  #end(ending: HuntEnding, by: number | null): void {
    this.#ending ??= ending
    this.#endedBy ??= by
  }

  /** Runs get their numbers by when they started: an index comes twice when its pod was taken away and replaced. */
  result(): ClusterHunt {
    const told = [...this.#runs.values()].sort((a, b) => compareText(a.finished_at, b.finished_at))
    told.forEach((run, i) => {
      run.ended = i + 1
    })
    told.sort((a, b) => compareText(a.started_at, b.started_at) || a.number - b.number)
    const endedBy = told.findIndex((run) => run.outcome === 'failed' && run.number === this.#endedBy)
    const { goal, parallel } = this.#settings
    const hunt: Hunt = {
      goal,
      parallel,
      ending: this.#ending ?? 'runs',
      ended_by: endedBy < 0 ? null : endedBy + 1,
      missed: this.#watch.missed,
      ordered: true,
      runs: told.map(({ finished_at: _, uid: __, pod: ___, image: ____, ...run }, i) => ({
        ...run,
        number: i + 1,
      })),
      tests: [],
      reports: NO_REPORTS,
    }
    return { hunt, images: [...this.#images].sort() }
  }
}

const NOTHING_SAID = {
  ended: 0,
  worker: null,
  seed: null,
  message: null,
  output: null,
  peak_memory_bytes: null,
} as const

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
