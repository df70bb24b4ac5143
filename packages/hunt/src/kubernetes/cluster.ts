/** The calls to a cluster that a hunt makes. Transient errors are retried. */
import type { KubeConfig, V1Job, V1Pod, Watch } from '@kubernetes/client-node'
import { UserError } from '../user-error.ts'
import { CONTAINER, NAME_LABEL } from './manifest.ts'

export interface Cluster {
  create(job: V1Job): Promise<void>
  /** Every pod of the Job, and the resource version to watch from. */
  listPods(namespace: string, job: string): Promise<{ pods: V1Pod[]; version: string }>
  /** Calls `onPod` for each change from that version on, until the connection ends or the signal aborts. */
  watchPods(
    namespace: string,
    job: string,
    version: string,
    signal: AbortSignal,
    onPod: (pod: V1Pod) => void,
  ): Promise<void>
  /** The end of the pod's log; null when the pod is gone. */
  readLog(namespace: string, pod: string): Promise<string | null>
  /** Whether the Job has completed or failed, or is gone. */
  hasEnded(namespace: string, job: string): Promise<boolean>
  /** Deletes the Job and its pods. */
  remove(namespace: string, job: string): Promise<void>
}

const PAGE = 500
const TAIL_LINES = 5000
const LOG_BYTES = 1024 * 1024
const TRIES = 5
const FIRST_WAIT_MS = 500

type Client = typeof import('@kubernetes/client-node')

/** The Kubernetes client is an optional package of 65 MB. @throws UserError when it is not installed */
async function loadClient(): Promise<Client> {
  try {
    return await import('@kubernetes/client-node')
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UserError(
      'Hunting on Kubernetes needs one more package. Install it: npm install @kubernetes/client-node',
    )
  }
}

/**
 * Connects with `KUBECONFIG`, `~/.kube/config`, or the service account of the pod that this runs in.
 * @param context null: the current context
 * @throws UserError when there is no such context, or the Kubernetes client is not installed
 */
export async function openCluster(context: string | null): Promise<{ cluster: Cluster; namespace: string }> {
  const client = await loadClient()
  const config = new client.KubeConfig()
  try {
    config.loadFromDefault()
  } catch (error) {
    throw new UserError(`The Kubernetes configuration cannot be read: ${(error as Error).message}`)
  }
  if (context !== null) {
    const contexts = config.getContexts().map(({ name }) => name)
    if (!contexts.includes(context))
      throw new UserError(
        `There is no Kubernetes context ${context}. Available: ${contexts.join(', ') || 'none'}.`,
      )
    config.setCurrentContext(context)
  }
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
  return { cluster: clusterOf(client, config), namespace }
}

function clusterOf(client: Client, config: KubeConfig): Cluster {
  const batch = config.makeApiClient(client.BatchV1Api)
  const core = config.makeApiClient(client.CoreV1Api)
  return {
    async create(body) {
      await retry(() => batch.createNamespacedJob({ namespace: body.metadata?.namespace ?? 'default', body }))
    },
    async listPods(namespace, job) {
      const pods: V1Pod[] = []
      let next: string | undefined
      for (;;) {
        const page = await retry(() =>
          core.listNamespacedPod({
            namespace,
            labelSelector: `${NAME_LABEL}=${job}`,
            limit: PAGE,
            ...(next && { _continue: next }),
          }),
        )
        for (const pod of page.items) pods.push(pod)
        next = page.metadata?._continue
        if (!next) return { pods, version: page.metadata?.resourceVersion ?? '0' }
      }
    },
    watchPods: (namespace, job, version, signal, onPod) =>
      watchPods(new client.Watch(config), { namespace, job, version }, signal, onPod),
    async readLog(namespace, name) {
      const query = { namespace, name, container: CONTAINER, tailLines: TAIL_LINES, limitBytes: LOG_BYTES }
      return retry(() => core.readNamespacedPodLog(query)).catch(ifNotFound(null))
    },
    async hasEnded(namespace, name) {
      const job = await retry(() => batch.readNamespacedJob({ namespace, name })).catch(ifNotFound(null))
      const conditions = job?.status?.conditions ?? []
      return (
        job === null ||
        conditions.some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True')
      )
    },
    async remove(namespace, name) {
      await retry(() =>
        batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Background' }),
      ).catch(ifNotFound(undefined))
    },
  }
}

async function watchPods(
  watch: Watch,
  { namespace, job, version }: { namespace: string; job: string; version: string },
  signal: AbortSignal,
  onPod: (pod: V1Pod) => void,
): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
  const query = { labelSelector: `${NAME_LABEL}=${job}`, resourceVersion: version }
  await new Promise<void>((resolve) => {
    const watching = watch.watch(
      path,
      query,
      (phase, pod: V1Pod) => {
        if (phase === 'ADDED' || phase === 'MODIFIED') onPod(pod)
      },
      // Whatever the reason for the end, the next list contains what was missed.
      () => resolve(),
    )
    const end = () => void watching.then((controller) => controller.abort(), resolve).then(() => resolve())
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

/** Retries after 429, 5xx and lost connections for about 15 s. Other errors become UserErrors, except 404. */
async function retry<T>(call: () => Promise<T>): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await call()
    } catch (error) {
      if (isTransient(error) && i < TRIES)
        await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (i - 1)))
      else throw (error as { code?: unknown }).code === 404 ? error : asUserError(error)
    }
  }
}

function isTransient(error: unknown): boolean {
  const { code, cause } = error as { code?: number | string; cause?: unknown }
  return typeof code === 'number'
    ? code === 429 || code >= 500
    : typeof code === 'string' || cause !== undefined
}

function ifNotFound<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    if ((error as { code?: unknown }).code === 404) return fallback
    throw error
  }
}

function asUserError(error: unknown): UserError {
  const { code, body, message } = error as { code?: unknown; body?: unknown; message: string }
  if (typeof code !== 'number')
    return new UserError(`The cluster cannot be reached: ${reasonOf(error) ?? message}`)
  return new UserError(`The cluster refused (${code}): ${messageIn(body) ?? message}`)
}

/** The message of the API's Status object, which the client may pass on as text. */
function messageIn(body: unknown): string | null {
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: unknown } | null
    return typeof status?.message === 'string' ? status.message : null
  } catch {
    return null
  }
}

function reasonOf(error: unknown): string | null {
  const { cause } = error as { cause?: { message?: string; code?: string } }
  return cause?.message || cause?.code || null
}
