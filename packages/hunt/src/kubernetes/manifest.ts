/**
 * The manifest of a hunt: an Indexed Job in which each index is one run. The pod failure policy separates disruptions by the
 * cluster (eviction, preemption, a drained node) from failures of the command: a disrupted pod is replaced.
 */
import type { V1Job } from '@kubernetes/client-node'

export interface ClusterSettings {
  /** The Job's name: a DNS label of at most 52 characters, because pod names append the index and a random suffix. */
  name: string
  namespace: string
  image: string
  /** Empty: the image's own command. */
  command: readonly string[]
  runs: number
  parallel: number
  timeoutMs: number
  /** Kubernetes quantities, used as requests and limits; null: the cluster's defaults. */
  cpu: string | null
  memory: string | null
}

export const CONTAINER = 'hunt'
export const NAME_LABEL = 'batch.kubernetes.io/job-name'
export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index'
/** The cluster deletes the Job after this time if the hunt cannot. */
const TTL_S = 3600
/** Time between SIGTERM and SIGKILL for a run that hit its time limit. */
const GRACE_S = 5

/** Source of every field: the Kubernetes API reference, batch/v1 Job. */
export function jobManifest(settings: ClusterSettings): V1Job {
  const { name, namespace, runs, parallel } = settings
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'flake-sla' } },
    spec: {
      completionMode: 'Indexed',
      completions: runs,
      parallelism: Math.min(parallel, runs),
      backoffLimitPerIndex: 0,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: TTL_S,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailIndex',
            onExitCodes: { containerName: CONTAINER, operator: 'NotIn', values: [0] },
          },
        ],
      },
      template: podTemplate(settings),
    },
  }
}

function podTemplate(settings: ClusterSettings): NonNullable<V1Job['spec']>['template'] {
  const { image, command, timeoutMs } = settings
  return {
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'flake-sla' } },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: Math.max(1, Math.ceil(timeoutMs / 1000)),
      terminationGracePeriodSeconds: GRACE_S,
      automountServiceAccountToken: false,
      containers: [
        {
          name: CONTAINER,
          image,
          ...(command.length > 0 && { command: [...command] }),
          env: [
            {
              name: 'FLAKE_SLA_INDEX',
              valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${INDEX_ANNOTATION}']` } },
            },
            { name: 'FLAKE_SLA_NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          ],
          ...resourcesOf(settings),
        },
      ],
    },
  }
}

function resourcesOf({ cpu, memory }: ClusterSettings): { resources?: object } {
  const amounts = { ...(cpu !== null && { cpu }), ...(memory !== null && { memory }) }
  return Object.keys(amounts).length === 0 ? {} : { resources: { requests: amounts, limits: amounts } }
}
