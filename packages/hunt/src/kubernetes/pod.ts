/** Reads a pod as a run: passed, failed, stopped by the cluster, or still in progress. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node'
import type { HuntRun } from '../run.ts'
import { CONTAINER, INDEX_ANNOTATION } from './manifest.ts'

/** A pod that has ended. The log, and the run's position, are added later. */
export type EndedPod = Pick<
  HuntRun,
  'number' | 'outcome' | 'exit_code' | 'timed_out' | 'started_at' | 'duration_ms' | 'node' | 'killed_for'
> & { uid: string; pod: string; image: string | null; finished_at: string }

/** @returns null while the pod runs or is pending */
export function endedPod(pod: V1Pod): EndedPod | null {
  const phase = pod.status?.phase
  if (phase !== 'Succeeded' && phase !== 'Failed') return null
  const container = statusOf(pod)
  const end = container?.state?.terminated ?? container?.lastState?.terminated
  const started = iso(end?.startedAt ?? pod.status?.startTime ?? pod.metadata?.creationTimestamp)
  const finished = iso(end?.finishedAt ?? lastTransition(pod)) || started
  const timed_out = pod.status?.reason === 'DeadlineExceeded'
  return {
    uid: pod.metadata?.uid ?? '',
    pod: pod.metadata?.name ?? '',
    number: indexOf(pod) + 1,
    outcome: phase === 'Succeeded' ? 'passed' : isDisrupted(pod) ? 'stopped' : 'failed',
    exit_code: end?.exitCode ?? (phase === 'Succeeded' ? 0 : null),
    timed_out,
    started_at: started,
    finished_at: finished,
    duration_ms: Math.max(0, Date.parse(finished) - Date.parse(started)) || 0,
    node: pod.spec?.nodeName ?? null,
    killed_for: end?.reason === 'OOMKilled' ? 'memory' : null,
    image: container?.imageID || null,
  }
}

/** Whether the cluster ended the pod: eviction, preemption, a drained or lost node. */
function isDisrupted(pod: V1Pod): boolean {
  const conditions = pod.status?.conditions ?? []
  if (conditions.some(({ type, status }) => type === 'DisruptionTarget' && status === 'True')) return true
  // Older clusters set only the reason.
  return ['Evicted', 'Preempting', 'NodeLost', 'NodeShutdown', 'Shutdown', 'Terminated'].includes(
    pod.status?.reason ?? '',
  )
}

const CANNOT_START = [
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]

/** Why a pod cannot start, in the cluster's words; null when it can. */
export function cannotStart(pod: V1Pod): string | null {
  const waiting = statusOf(pod)?.state?.waiting
  if (!waiting?.reason || !CANNOT_START.includes(waiting.reason)) return null
  return `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}`
}

function statusOf(pod: V1Pod): V1ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER)
}

function indexOf(pod: V1Pod): number {
  const index = Number(pod.metadata?.annotations?.[INDEX_ANNOTATION])
  return Number.isInteger(index) ? index : -1
}

function lastTransition(pod: V1Pod): Date | string | undefined {
  const times = (pod.status?.conditions ?? []).flatMap(({ lastTransitionTime }) => lastTransitionTime ?? [])
  return times.map(iso).sort().at(-1)
}

/** Times are text in a watch and dates in a list. @returns ISO 8601 in UTC, or '' if there is none */
function iso(time: Date | string | undefined): string {
  if (time === undefined) return ''
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}
