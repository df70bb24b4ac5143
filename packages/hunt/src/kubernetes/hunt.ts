/** Hunts on a cluster: creates the Job, follows its pods, and reads the logs of failed ones while they exist. */
import { setTimeout as wait } from 'node:timers/promises'
import type { V1Pod } from '@kubernetes/client-node'
import { type Failure, failureDescriber } from '../failure.ts'
import { type Hunt, type HuntEnding, type HuntRun, NO_REPORTS } from '../run.ts'
import { type StopRule, watch } from '../stop.ts'
import { UserError } from '../user-error.ts'
import type { Cluster } from './cluster.ts'
import { type ClusterSettings, jobManifest } from './manifest.ts'
import { cannotStart, type EndedPod, endedPod } from './pod.ts'

export interface ClusterHunt {
  hunt: Hunt
  /** The image digests that the pods ran. */
  images: string[]
}

export interface ClusterHooks {
  signal: AbortSignal
  onRun(run: HuntRun): void
}

type PodRun = HuntRun & EndedPod

/** How long a watch lasts before the Job's status is read. */
const POLL_MS = 5000
/** A registry may be temporarily unavailable. If no pod has started by then, the hunt fails. */
const PULL_TIMEOUT_MS = 60_000

/** @throws UserError when the cluster refuses, cannot be reached, or cannot start the image */
export async function huntOnCluster(
  cluster: Cluster,
  settings: ClusterSettings & StopRule,
  hooks: ClusterHooks,
  timeouts: { pollMs: number; pullMs: number } = { pollMs: POLL_MS, pullMs: PULL_TIMEOUT_MS },
): Promise<ClusterHunt> {
  await cluster.create(jobManifest(settings))
  const follower = new Follower(cluster, settings, hooks, timeouts)
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
  readonly #timeouts: { pollMs: number; pullMs: number }
  readonly #runs = new Map<string, PodRun>()
  readonly #images = new Set<string>()
  readonly #describeFailure = failureDescriber()
  readonly #watch
  #ending: HuntEnding | null = null
  #endedBy: number | null = null
  #started = false
  #broken: UserError | null = null
  /** Pods are handled one by one, in the order in which they were reported. */
  #queue: Promise<void> = Promise.resolve()

  constructor(
    cluster: Cluster,
    settings: ClusterSettings & StopRule,
    hooks: ClusterHooks,
    timeouts: { pollMs: number; pullMs: number },
  ) {
    this.#cluster = cluster
    this.#settings = settings
    this.#hooks = hooks
    this.#timeouts = timeouts
    this.#watch = watch(settings)
  }

  /**
   * Lists the pods, then watches from that version until the watch ends, and repeats. Whatever a broken watch missed is in the
   * next list: the Job keeps its pods until it is deleted.
   */
  async follow(): Promise<void> {
    const { namespace, name } = this.#settings
    const began = Date.now()
    while (this.#ending === null) {
      if (this.#hooks.signal.aborted) return this.#end('interrupted', null)
      // Read before the list, so that the list after the Job's end contains every pod.
      const isOver = await this.#cluster.hasEnded(namespace, name)
      const { pods, version } = await this.#cluster.listPods(namespace, name)
      for (const pod of pods) this.#onPod(pod)
      await this.#queue
      if (this.#broken !== null && !this.#started && Date.now() - began > this.#timeouts.pullMs)
        throw this.#broken
      if (isOver) return
      if (this.#ending === null) await this.#watchFor(version)
    }
  }

  async #watchFor(version: string): Promise<void> {
    const { namespace, name } = this.#settings
    const controller = new AbortController()
    const signal = AbortSignal.any([controller.signal, this.#hooks.signal])
    const timer = wait(this.#timeouts.pollMs, undefined, { signal }).then(
      () => controller.abort(),
      () => {},
    )
    const began = Date.now()
    await this.#cluster.watchPods(namespace, name, version, signal, (pod) => {
      this.#onPod(pod)
      if (this.#ending !== null) controller.abort()
    })
    await this.#queue
    // Avoids a busy loop when the cluster ends every watch at once.
    if (!signal.aborted) await wait(Math.max(0, this.#timeouts.pollMs / 5 - (Date.now() - began)))
    controller.abort()
    await timer
  }

  #onPod(pod: V1Pod): void {
    if (pod.status?.phase !== 'Pending') this.#started = true
    const reason = cannotStart(pod)
    if (reason !== null) this.#broken = new UserError(`No pod can start ${this.#settings.image}: ${reason}`)
    const ended = endedPod(pod)
    if (ended === null || this.#runs.has(ended.uid)) return
    const run = { ...ended, ...NO_DETAILS }
    this.#runs.set(ended.uid, run)
    this.#queue = this.#queue.then(() => this.#finish(ended, run))
  }

  async #finish(ended: EndedPod, run: PodRun): Promise<void> {
    if (ended.image !== null) this.#images.add(ended.image)
    if (run.outcome === 'failed') Object.assign(run, await this.#failureOf(ended))
    const ending = this.#watch.add(run)
    this.#hooks.onRun(run)
    if (ending !== null) this.#end(ending, run.outcome === 'failed' ? run.number : null)
  }

  async #failureOf(ended: EndedPod): Promise<Failure> {
    const log = await this.#cluster.readLog(this.#settings.namespace, ended.pod)
    return this.#describeFailure({ ...ended, output: log ?? '', test: null })
  }

  #end(ending: HuntEnding, by: number | null): void {
    this.#ending ??= ending
    this.#endedBy ??= by
  }

  /** Runs are numbered in order of start, because an index occurs twice when its pod was evicted and replaced. */
  result(): ClusterHunt {
    const runs = [...this.#runs.values()].sort((a, b) => compareText(a.finished_at, b.finished_at))
    runs.forEach((run, i) => {
      run.ended = i + 1
    })
    runs.sort((a, b) => compareText(a.started_at, b.started_at) || a.number - b.number)
    const endedBy = runs.findIndex((run) => run.outcome === 'failed' && run.number === this.#endedBy)
    const { goal, parallel } = this.#settings
    const hunt: Hunt = {
      goal,
      parallel,
      ending: this.#ending ?? 'runs',
      ended_by: endedBy < 0 ? null : endedBy + 1,
      missed: this.#watch.missed,
      ordered: true,
      runs: runs.map(({ finished_at: _, uid: __, pod: ___, image: ____, ...run }, i) => ({
        ...run,
        number: i + 1,
      })),
      tests: [],
      reports: NO_REPORTS,
    }
    return { hunt, images: [...this.#images].sort() }
  }
}

const NO_DETAILS = {
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
