/** Handles one request: faults, credentials, rate limits, the handler, the contract check, caching headers. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { authorize, readActor } from './actor.ts'
import type { Contract } from './contract.ts'
import { type Fault, type Faults, messageOf } from './faults.ts'
import { charge, limitHeaders, primaryLimit, type Resource, refund, secondaryLimit } from './limits.ts'
import { type Actor, type Answer, type Call, type Incoming, Refusal, type Route } from './route.ts'
import type { GitHubInstance } from './shapes/instance.ts'
import type { Repository, State } from './state.ts'

export interface Outgoing {
  status: number
  headers: Record<string, string>
  text: string
  /** Closes the connection before or in the middle of the response. */
  broken: 'cut' | 'half' | null
}

export interface Exchange {
  github: GitHubInstance
  faults: Faults
  contract: Contract | null
  violations: string[]
  redeliver: Call['redeliver']
}

/** Answers one request to a known operation. */
export async function answer(on: Exchange, route: Route, incoming: Incoming): Promise<Outgoing> {
  const resource: Resource = route.path === '/graphql' ? 'graphql' : 'core'
  const fault = on.faults.take(incoming.method, withQuery(incoming))
  if (fault?.delayMs) await sleep(fault.delayMs)
  if (fault?.status === 'cut') return { status: 0, headers: {}, text: '', broken: 'cut' }
  let result: Answer
  try {
    if (fault) raise(fault, resource)
    result = await produce(on, route, incoming, resource, fault?.asOf ?? on.github.state)
  } catch (error) {
    result = refusalAnswer(on, error)
  }
  const out = finish(on, route, incoming, resource, result)
  if (fault?.status === 'half') out.broken = 'half'
  if (fault?.status === 'primary-limit') out.headers['x-ratelimit-remaining'] = '0'
  return out
}

function withQuery(incoming: Incoming): string {
  return incoming.query.size > 0 ? `${incoming.path}?${incoming.query}` : incoming.path
}

function raise(fault: Fault, resource: Resource): void {
  const seconds = fault.retryAfter ?? 60
  if (fault.status === 'primary-limit') {
    throw primaryLimit(resource, { 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + seconds) })
  }
  if (fault.status === 'secondary-limit') throw secondaryLimit(seconds)
  if (typeof fault.status === 'number') throw new Refusal(fault.status, messageOf(fault.status))
}

/** @param shown the state that the response shows; credentials and permissions come from the present state */
async function produce(
  on: Exchange,
  route: Route,
  incoming: Incoming,
  resource: Resource,
  shown: State,
): Promise<Answer> {
  const { github } = on
  const actor: Actor = readActor(github.state, incoming.header('authorization'), Date.now())
  if (route.who !== 'open' && route.who !== 'free') charge(github.state, resource, 1, Date.now())
  const body = parseBody(incoming)
  const problem = on.contract?.request(route, incoming, body)
  if (problem) {
    on.violations.push(problem)
    throw new Refusal(422, problem)
  }
  authorize(route, actor, namedRepository(on, incoming))
  const { params, query, path } = incoming
  const fields = Array.isArray(body) ? { list: body } : body
  const accept = incoming.header('accept') ?? ''
  const result = await route.handle({
    github: { ...github, state: shown },
    actor,
    params,
    query,
    path,
    accept,
    body: fields,
    redeliver: on.redeliver,
    complain: (violation) => on.violations.push(violation),
  })
  const wrong = on.contract?.response(route, incoming, result)
  if (wrong) {
    on.violations.push(wrong)
    throw new Refusal(501, wrong)
  }
  return result
}

function namedRepository(on: Exchange, incoming: Incoming): Repository | null {
  const { owner, repo } = incoming.params
  if (!owner || !repo) return null
  return on.github.state.repositories.get(`${owner}/${repo}`.toLowerCase()) ?? null
}

function parseBody(incoming: Incoming): Record<string, unknown> {
  if (incoming.text === '') return {}
  if (incoming.header('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(incoming.text))
  }
  try {
    const body: unknown = JSON.parse(incoming.text)
    if (typeof body === 'object' && body) return body as Record<string, unknown>
  } catch {
    throw new Refusal(400, 'Problems parsing JSON')
  }
  throw new Refusal(400, 'Body should be a JSON object')
}

function refusalAnswer(on: Exchange, error: unknown): Answer {
  if (error instanceof Refusal) {
    if (error.status === 200) return { status: 200, body: error.more, headers: error.headers }
    const documentation = 'https://docs.github.com/rest'
    const body = {
      message: error.message,
      ...error.more,
      documentation_url: documentation,
      status: String(error.status),
    }
    return { status: error.status, body, headers: error.headers }
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  on.violations.push(`the fake GitHub itself failed: ${text}`)
  return { status: 500, body: { message: text } }
}

function finish(
  on: Exchange,
  route: Route,
  incoming: Incoming,
  resource: Resource,
  result: Answer,
): Outgoing {
  const plain = typeof result.body === 'string'
  const text = result.body === undefined ? '' : plain ? String(result.body) : JSON.stringify(result.body)
  const headers: Record<string, string> = {
    'x-github-request-id': createHash('md5')
      .update(`${incoming.path}${text.length}`)
      .digest('hex')
      .slice(0, 16),
    ...(text && { 'content-type': 'application/json; charset=utf-8' }),
    ...(route.who !== 'open' && limitHeaders(resource, on.github.state.rateLimit[resource])),
    ...result.headers,
  }
  if (incoming.method !== 'GET' || result.status !== 200)
    return { status: result.status, headers, text, broken: null }
  headers.etag = `W/"${createHash('sha1').update(text).digest('hex')}"`
  if (!sameTag(incoming.header('if-none-match'), headers.etag)) {
    return { status: 200, headers, text, broken: null }
  }
  refund(on.github.state, resource, 1)
  Object.assign(headers, limitHeaders(resource, on.github.state.rateLimit[resource]))
  return { status: 304, headers, text: '', broken: null }
}

function sameTag(ifNoneMatch: string | undefined, etag: string): boolean {
  return (
    ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag.replace(/^W\//, '')) ??
    false
  )
}
