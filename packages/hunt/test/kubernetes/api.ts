/** A Kubernetes API on loopback that runs Jobs in its head: as much of batch/v1 and v1 as a hunt asks for, held to the schema. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { V1Job, V1Pod } from '@kubernetes/client-node'
import { refusals, violations } from './schema.ts'

/** How a pod ends. */
export interface PodEnd {
  exitCode?: number
  reason?: string
  /** The pod's own reason, as for Evicted or DeadlineExceeded. */
  podReason?: string
  disrupted?: boolean
  log?: string
  node?: string
  /** It waits forever with this reason. */
  waiting?: string
  /** It runs until it is removed. */
  forever?: boolean
}

export interface ClusterApi {
  url: string
  jobs: Map<string, V1Job>
  /** Every violation of the schema, in requests and in our own answers. */
  violations: string[]
  requests: string[]
  /** The next requests whose line begins so are answered with this status. */
  failNext(line: string, status: number, times?: number): void
  close(): Promise<void>
}

const POD_MS = 15

interface State {
  api: ClusterApi
  program: (index: number, attempt: number, image: string) => PodEnd
  pods: V1Pod[]
  ends: Map<string, PodEnd>
  /** Open watches, with the label that each selects. */
  watchers: Map<ServerResponse, string>
  failing: { line: string; status: number; times: number }[]
  version: number
  timers: Set<NodeJS.Timeout>
  next: Map<string, number>
}

export async function startClusterApi(
  program: (index: number, attempt: number, image: string) => PodEnd,
): Promise<ClusterApi> {
  const failing: State['failing'] = []
  const api: ClusterApi = {
    url: '',
    jobs: new Map(),
    violations: [],
    requests: [],
    failNext: (line, status, times = 1) => failing.push({ line, status, times }),
    close: async () => {
      for (const timer of state.timers) clearTimeout(timer)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const state: State = {
    api,
    program,
    pods: [],
    ends: new Map(),
    watchers: new Map(),
    failing,
    version: 100,
    timers: new Set(),
    next: new Map(),
  }
  const server = createServer((request, response) => void answer(state, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return api
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://cluster')
  const line = `${request.method} ${url.pathname}`
  state.api.requests.push(line)
  const failure = state.failing.find(({ line: start, times }) => line.startsWith(start) && times > 0)
  if (failure) {
    failure.times--
    return status(response, failure.status, 'asked to fail')
  }
  const [, kind, name, sub] =
    /\/namespaces\/[^/]+\/(jobs|pods)(?:\/([^/]+))?(?:\/(log))?$/.exec(url.pathname) ?? []
  if (kind === 'jobs' && request.method === 'POST') return createJob(state, await bodyOf(request), response)
  if (kind === 'jobs' && name && request.method === 'DELETE') return removeJob(state, name, response)
  if (kind === 'jobs' && name) return readJob(state, name, response)
  if (kind === 'pods' && name && sub === 'log') return readLog(state, name, response)
  if (kind === 'pods' && url.searchParams.has('watch')) return watchPods(state, url, response)
  if (kind === 'pods') return listPods(state, url, response)
  return status(response, 404, 'the server could not find the requested resource')
}

function createJob(state: State, job: V1Job, response: ServerResponse): undefined {
  state.api.violations.push(...violations(job, 'V1Job'))
  const refused = refusals(job)
  if (refused.length > 0) return status(response, 422, refused.join('; '))
  const name = job.metadata?.name ?? ''
  if (state.api.jobs.has(name)) return status(response, 409, `jobs.batch "${name}" already exists`)
  state.api.jobs.set(name, job)
  state.next.set(name, 0)
  for (let i = 0; i < (job.spec?.parallelism ?? 1); i++) startNext(state, job)
  send(state, response, 201, job, 'V1Job')
}

function startNext(state: State, job: V1Job): void {
  const name = job.metadata?.name ?? ''
  const index = state.next.get(name) ?? 0
  if (index >= (job.spec?.completions ?? 1)) return
  state.next.set(name, index + 1)
  startPod(state, job, index, 0)
}

function startPod(state: State, job: V1Job, index: number, attempt: number): void {
  const name = job.metadata?.name ?? ''
  const end = state.program(index, attempt, job.spec?.template.spec?.containers[0]?.image ?? '')
  const uid = `${name}-${index}-${attempt}`
  const pod: V1Pod = {
    metadata: {
      name: uid,
      uid,
      namespace: job.metadata?.namespace ?? 'default',
      labels: { 'batch.kubernetes.io/job-name': name },
      annotations: { 'batch.kubernetes.io/job-completion-index': String(index) },
      creationTimestamp: now(),
    },
    spec: { nodeName: end.node ?? 'node-1', containers: [{ name: 'hunt' }] },
    status: { phase: 'Pending' },
  }
  state.pods.push(pod)
  state.ends.set(uid, end)
  if (end.waiting)
    pod.status = {
      phase: 'Pending',
      containerStatuses: [container({ waiting: { reason: end.waiting, message: 'no such image' } })],
    }
  notifyWatchers(state, pod)
  if (end.waiting || end.forever) return
  const timer = setTimeout(() => {
    state.timers.delete(timer)
    endPod(state, job, pod, { index, attempt })
  }, POD_MS)
  state.timers.add(timer)
}

function endPod(
  state: State,
  job: V1Job,
  pod: V1Pod,
  { index, attempt }: { index: number; attempt: number },
): void {
  const end = state.ends.get(pod.metadata?.uid ?? '') ?? {}
  const { exitCode = 0, reason = exitCode === 0 ? 'Completed' : 'Error', disrupted = false } = end
  const startedAt = new Date(Date.now() - 2000).toISOString() as unknown as Date
  pod.status = {
    phase: exitCode === 0 && !disrupted ? 'Succeeded' : 'Failed',
    ...(end.podReason && { reason: end.podReason }),
    conditions: disrupted
      ? [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }]
      : [],
    containerStatuses: [container({ terminated: { exitCode, reason, startedAt, finishedAt: now() } })],
  }
  notifyWatchers(state, pod)
  if (disrupted) startPod(state, job, index, attempt + 1)
  else startNext(state, job)
}

function container(state: object) {
  return {
    name: 'hunt',
    image: 'x',
    imageID: 'registry.example.org/x@sha256:abc',
    ready: false,
    restartCount: 0,
    state,
  }
}

function now(): Date {
  return new Date().toISOString() as unknown as Date
}

function notifyWatchers(state: State, pod: V1Pod): void {
  state.version++
  const label = `batch.kubernetes.io/job-name=${pod.metadata?.labels?.['batch.kubernetes.io/job-name']}`
  const line = `${JSON.stringify({ type: 'MODIFIED', object: pod })}\n`
  for (const [watcher, selected] of state.watchers) if (selected === label) watcher.write(line)
}

function watchPods(state: State, url: URL, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  state.watchers.set(response, url.searchParams.get('labelSelector') ?? '')
  response.on('close', () => state.watchers.delete(response))
}

function listPods(state: State, url: URL, response: ServerResponse): void {
  const name = url.searchParams.get('labelSelector')?.split('=')[1]
  const from = Number(url.searchParams.get('continue') ?? 0)
  const limit = Number(url.searchParams.get('limit') ?? 1e9)
  const all = state.pods.filter((pod) => pod.metadata?.labels?.['batch.kubernetes.io/job-name'] === name)
  const next = from + limit
  const metadata = {
    resourceVersion: String(state.version),
    ...(next < all.length && { continue: String(next) }),
  }
  send(
    state,
    response,
    200,
    { apiVersion: 'v1', kind: 'PodList', metadata, items: all.slice(from, next) },
    'V1PodList',
  )
}

function readJob(state: State, name: string, response: ServerResponse): undefined {
  const job = state.api.jobs.get(name)
  if (!job) return status(response, 404, `jobs.batch "${name}" not found`)
  const own = state.pods.filter((pod) => pod.metadata?.labels?.['batch.kubernetes.io/job-name'] === name)
  const done = own.filter(
    (pod) =>
      pod.status?.phase === 'Succeeded' || (pod.status?.phase === 'Failed' && !pod.status.conditions?.length),
  )
  const isComplete = done.length >= (job.spec?.completions ?? 1)
  send(
    state,
    response,
    200,
    { ...job, status: { conditions: isComplete ? [{ type: 'Complete', status: 'True' }] : [] } },
    'V1Job',
  )
}

function readLog(state: State, name: string, response: ServerResponse): undefined {
  const log = state.ends.get(name)?.log
  if (log === undefined) return status(response, 404, `pods "${name}" not found`)
  response.writeHead(200, { 'content-type': 'text/plain' }).end(log)
}

function removeJob(state: State, name: string, response: ServerResponse): void {
  state.api.jobs.delete(name)
  state.next.set(name, Number.POSITIVE_INFINITY)
  send(state, response, 200, { apiVersion: 'v1', kind: 'Status', status: 'Success' }, 'V1Status')
}

function send(state: State, response: ServerResponse, code: number, body: object, type: string): void {
  const text = JSON.stringify(body)
  state.api.violations.push(...violations(JSON.parse(text), type))
  response.writeHead(code, { 'content-type': 'application/json' }).end(text)
}

function status(response: ServerResponse, code: number, message: string): undefined {
  const body = { apiVersion: 'v1', kind: 'Status', status: 'Failure', message, code }
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<V1Job> {
  let text = ''
  for await (const piece of request) text += piece
  return JSON.parse(text) as V1Job
}
