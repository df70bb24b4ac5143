/** Asks GitHub patiently: within the limits that its headers tell, and again after an answer that says nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Octokit } from './client.ts'
import {
  type Answer,
  headersOf,
  isRateLimit,
  limitWait,
  type RateLeft,
  rejectRateLimit,
} from './rate-limit.ts'
import { createRateLimiter } from './rate-limiter.ts'

/** After an answer that tells nothing. */
const MAX_TRIES = 6
/** What took too long once takes too long again; less can be asked for, or by REST. */
const MAX_TRIES_OF: Record<string, number> = { graphql: 3 }
/** After a limit: waiting is what is asked for, and it ends. */
const MAX_WAITS = 30
const FIRST_WAIT_MS = 500

export interface ThrottledClient {
  /** A REST call, `GET /repos/{owner}/{repo}/…`. @throws what GitHub answered, if it is no matter of patience */
  get(route: string, parameters: Record<string, unknown>): Promise<Answer>
  /**
   * A GraphQL query. Answers `data`, with null where a part could not be found or seen.
   * @throws GraphqlRefusal where it is not served
   */
  graphql<T>(query: string, variables: Record<string, unknown>): Promise<T>
  /** Makes another Octokit as patient, in the same line. @returns the same */
  patient(octokit: Octokit): Octokit
  /** By resource: `core` for REST, `graphql`. */
  readonly left: ReadonlyMap<string, RateLeft>
  /** Calls made so far, by resource. */
  readonly calls: ReadonlyMap<string, number>
  /** Epoch ms until which something is waited for; 0 when nothing is. */
  readonly waitsUntil: number
}

export interface AskOptions {
  /** Requests and points that are left to others. */
  reserve: number
  signal?: AbortSignal | undefined
  /** For tests. Milliseconds. */
  wait?: (ms: number) => Promise<void>
  /** For tests. Epoch ms. */
  now?: () => number
}

/** GraphQL is not served, or not that query: some servers answer REST alone. */
export class GraphqlRefusal extends Error {
  /** It took too long: less may be answered. */
  readonly isSlow: boolean
  constructor(message: string, { isSlow = false } = {}) {
    super(message)
    this.isSlow = isSlow
  }
}

/** There is no GraphQL here at all: it need not be asked for again. */
const NEVER_SERVED: ReadonlySet<number> = new Set([404, 405, 406, 415, 501])
/** 502 and 504 stand for a query that takes longer than GitHub's ten seconds. */
const NOT_SERVED: ReadonlySet<number> = new Set([...NEVER_SERVED, 400, 410, 422, 502, 504])

/** Octokit, with patience. One client is shared by all that ask at the same time, so that they wait together. */
export function createThrottledClient(octokit: Octokit, options: AskOptions): ThrottledClient {
  const line = createLine(options)
  let never: string | null = null
  return {
    left: line.left,
    calls: line.calls,
    get waitsUntil() {
      return line.waitsUntil()
    },
    patient(other) {
      other.hook.wrap('request', (request, asked) => {
        const isGraphql = asked.url.endsWith('/graphql')
        const call = async () => {
          const told = await request(asked)
          if (isGraphql) rejectRateLimit(told as Answer)
          return told as Answer
        }
        return line.ask(isGraphql ? 'graphql' : 'core', call) as ReturnType<typeof request>
      })
      return other
    },
    get: (route, parameters) =>
      line.ask('core', async () => {
        const told = await octokit.request(route, { ...parameters, request: signalOf(options) })
        return refusePages(told as Answer)
      }),
    async graphql<T>(query: string, variables: Record<string, unknown>) {
      if (never !== null) throw new GraphqlRefusal(never)
      const url = graphqlUrl(octokit.request.endpoint.DEFAULTS.baseUrl)
      const asked = { method: 'POST' as const, url, query, variables, request: signalOf(options) }
      const answer = await line
        .ask('graphql', async () => {
          const told = (await octokit.request(asked)) as Answer
          rejectRateLimit(told)
          return told
        })
        .catch((error: { status?: number; message: string }) => {
          if (NEVER_SERVED.has(error.status ?? 0)) never = error.message
          const isSlow = error.status === 502 || error.status === 504
          throw NOT_SERVED.has(error.status ?? 0) ? new GraphqlRefusal(error.message, { isSlow }) : error
        })
      return dataOf<T>(answer.data)
    },
  }
}

/** Sends what is asked for when its turn has come, and again where that may help. */
function createLine(options: AskOptions) {
  const now = options.now ?? Date.now
  const wait = options.wait ?? ((ms: number) => sleep(ms, undefined, { signal: options.signal }))
  const turns = createRateLimiter({ now, wait, reserve: options.reserve })
  const calls = new Map<string, number>()

  const send = async (resource: string, call: () => Promise<Answer>): Promise<Answer> => {
    const end = await turns.take(resource)
    calls.set(resource, (calls.get(resource) ?? 0) + 1)
    try {
      const answer = await call()
      turns.note(resource, answer.headers)
      return answer
    } catch (error) {
      turns.note(resource, headersOf(error))
      throw error
    } finally {
      end()
    }
  }
  const ask = async (resource: string, call: () => Promise<Answer>): Promise<Answer> => {
    let [tries, waits] = [0, 0]
    for (;;) {
      try {
        return await send(resource, call)
      } catch (error) {
        if (options.signal?.aborted) throw error
        if (isRateLimit(error)) {
          if (++waits > MAX_WAITS) throw error
          // A secondary limit is one for all, whatever is asked for.
          const isSpent = String(headersOf(error)['x-ratelimit-remaining']) === '0'
          turns.prolong(isSpent ? resource : 'all', now() + limitWait(error, now(), waits))
        } else if (!isPassing(error) || ++tries >= (MAX_TRIES_OF[resource] ?? MAX_TRIES)) throw error
        else await wait(FIRST_WAIT_MS * 2 ** (tries - 1))
      }
    }
  }
  return { left: turns.left, calls, ask, waitsUntil: turns.waitsUntil }
}

/** A page where data should be: of a proxy, mostly, that is asked again as GitHub would be. */
function refusePages(told: Answer): Answer {
  if (typeof told.data === 'object' && told.data !== null) return told
  throw Object.assign(new Error('the answer is not JSON'), {
    status: 502,
    response: { headers: told.headers },
  })
}

/** An answer of 5xx may be another one next time. Octokit reports a connection that broke as 500. */
function isPassing(error: unknown): boolean {
  const { status } = error as { status?: number }
  return status !== undefined && status >= 500 && status !== 501
}

function signalOf({ signal }: AskOptions): object {
  return signal ? { signal } : {}
}

interface GraphqlBody {
  data?: unknown
  errors?: { type?: string; message: string }[]
}

/** Parts that are not found, or not to be seen, are null in the data; anything else that went wrong is an error. */
function dataOf<T>(told: unknown): T {
  const body = (typeof told === 'object' && told !== null ? told : {}) as GraphqlBody
  const error = body.errors?.find((one) => one.type !== 'NOT_FOUND' && one.type !== 'FORBIDDEN')
  const isUsable = body.data !== undefined && body.data !== null
  if (error && !(isUsable && error.type)) throw new GraphqlRefusal(`GitHub's GraphQL API: ${error.message}`)
  if (!isUsable) throw new GraphqlRefusal(`GitHub's GraphQL API: ${body.errors?.[0]?.message ?? 'no data'}`)
  return body.data as T
}

/** GitHub Enterprise Server has it elsewhere. */
function graphqlUrl(baseUrl: string): string {
  return baseUrl.endsWith('/api/v3')
    ? `${baseUrl.slice(0, -3)}/graphql`.replace('//graphql', '/graphql')
    : `${baseUrl}/graphql`
}
