/** A client that keeps within GitHub's rate limits, waits when they are exhausted, and retries after transient errors. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Octokit } from './client.ts'
import {
  type Answer,
  headersOf,
  isExhausted,
  isRateLimit,
  limitWait,
  type RateLeft,
  rejectRateLimit,
} from './rate-limit.ts'
import { createRateLimiter } from './rate-limiter.ts'

/** Attempts after transient errors. */
const MAX_TRIES = 6
/** By resource. A GraphQL query that took too long takes too long again: the caller can ask for less, or use REST. */
const MAX_TRIES_OF: Record<string, number> = { graphql: 3 }
/** Waits after a rate limit, which always ends. */
const MAX_WAITS = 30
const FIRST_WAIT_MS = 500

export interface ThrottledClient {
  /** A REST call, `GET /repos/{owner}/{repo}/…`. @throws GitHub's error when retrying does not help */
  get(route: string, parameters: Record<string, unknown>): Promise<Answer>
  /**
   * A GraphQL query. Resolves to `data`, with null for each part that does not exist or may not be read.
   * @throws GraphqlRefusal when the server does not answer the query
   */
  graphql<T>(query: string, variables: Record<string, unknown>): Promise<T>
  /** Makes another Octokit share these limits and retries. @returns the same Octokit */
  throttle(octokit: Octokit): Octokit
  /** By resource: `core` for REST, `graphql`. */
  readonly left: ReadonlyMap<string, RateLeft>
  /** The address of the REST API. */
  readonly baseUrl: string
  /** Calls made so far, by resource. */
  readonly calls: ReadonlyMap<string, number>
  /** Epoch ms until which requests wait; 0 when none waits. */
  readonly waitsUntil: number
}

export interface AskOptions {
  /** Requests and points that are left for other users of the same rate limit. */
  reserve: number
  signal?: AbortSignal | undefined
  /** For tests. Milliseconds. */
  wait?: (ms: number) => Promise<void>
  /** For tests. Epoch ms. */
  now?: () => number
}

/** The server offers no GraphQL, or does not answer this query as a whole. */
export class GraphqlRefusal extends Error {
  /** The query took too long or too many resources. A smaller one may succeed. */
  readonly isTooLarge: boolean
  constructor(message: string, { isTooLarge = false } = {}) {
    super(message)
    this.isTooLarge = isTooLarge
  }
}

/** Statuses that mean that the server offers no GraphQL at all. */
const NEVER_SERVED: ReadonlySet<number> = new Set([404, 405, 406, 415, 501])
/** Statuses after which retrying the query does not help. 502 and 504 mean that it took longer than GitHub's ten seconds. */
const NOT_SERVED: ReadonlySet<number> = new Set([...NEVER_SERVED, 400, 410, 422, 502, 504])

/** Creates the client. All callers share one, so that they wait together. */
export function createThrottledClient(octokit: Octokit, options: AskOptions): ThrottledClient {
  const queue = createQueue(options)
  let never: string | null = null
  return {
    left: queue.left,
    baseUrl: octokit.request.endpoint.DEFAULTS.baseUrl,
    calls: queue.calls,
    get waitsUntil() {
      return queue.waitsUntil()
    },
    throttle(other) {
      other.hook.wrap('request', (request, asked) => {
        const isGraphql = asked.url.endsWith('/graphql')
        const call = async () => {
          const answer = (await request(asked)) as Answer
          if (isGraphql) rejectRateLimit(answer)
          return answer
        }
        return queue.ask(isGraphql ? 'graphql' : 'core', call) as ReturnType<typeof request>
      })
      return other
    },
    get: (route, parameters) =>
      queue.ask('core', async () => {
        const answer = await octokit.request(route, { ...parameters, request: signalOf(options) })
        return rejectPages(answer as Answer)
      }),
    async graphql<T>(query: string, variables: Record<string, unknown>) {
      if (never !== null) throw new GraphqlRefusal(never)
      const url = graphqlUrl(octokit.request.endpoint.DEFAULTS.baseUrl)
      const asked = { method: 'POST' as const, url, query, variables, request: signalOf(options) }
      const answer = await queue
        .ask('graphql', async () => {
          const answer = (await octokit.request(asked)) as Answer
          rejectRateLimit(answer)
          return answer
        })
        .catch((error: { status?: number; message: string }) => {
          if (NEVER_SERVED.has(error.status ?? 0)) never = error.message
          const isTooLarge = error.status === 502 || error.status === 504
          throw NOT_SERVED.has(error.status ?? 0) ? new GraphqlRefusal(error.message, { isTooLarge }) : error
        })
      return dataOf<T>(answer.data)
    },
  }
}

/** Sends requests when the rate limiter allows them, and retries after rate limits and transient errors. */
function createQueue(options: AskOptions) {
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
          // A secondary rate limit holds for all resources.
          turns.prolong(isExhausted(error) ? resource : 'all', now() + limitWait(error, now(), waits))
        } else if (!isTransient(error) || ++tries >= (MAX_TRIES_OF[resource] ?? MAX_TRIES)) throw error
        else await wait(FIRST_WAIT_MS * 2 ** (tries - 1))
      }
    }
  }
  return { left: turns.left, calls, ask, waitsUntil: turns.waitsUntil }
}

/** Fails when the answer is a page instead of data. Usually it is the error page of a proxy, so it counts as a 502. */
function rejectPages(answer: Answer): Answer {
  if (typeof answer.data === 'object' && answer.data !== null) return answer
  throw Object.assign(new Error('the answer is not JSON'), {
    status: 502,
    response: { headers: answer.headers },
  })
}

/** Whether a retry can help. Octokit reports a broken connection as status 500. */
function isTransient(error: unknown): boolean {
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

/** Errors about a part that does not exist or may not be read: the rest of the answer is whole. */
const ABOUT_ONE_PART: ReadonlySet<string | undefined> = new Set(['NOT_FOUND', 'FORBIDDEN'])

/**
 * The data of a GraphQL answer. Parts that were not found or may not be read are null in it. Any other error is thrown, even
 * beside data: a query that takes too many resources is answered in part, with the type `RESOURCE_LIMITS_EXCEEDED`
 * (https://github.blog/changelog/2025-09-01-graphql-api-resource-limits).
 */
function dataOf<T>(answer: unknown): T {
  const body = (typeof answer === 'object' && answer !== null ? answer : {}) as GraphqlBody
  const error = body.errors?.find(({ type }) => !ABOUT_ONE_PART.has(type))
  const hasData = body.data !== undefined && body.data !== null
  if (error) {
    const isTooLarge = hasData || LIMITS.has(error.type)
    throw new GraphqlRefusal(`GitHub's GraphQL API: ${error.message}`, { isTooLarge })
  }
  if (!hasData) throw new GraphqlRefusal(`GitHub's GraphQL API: ${body.errors?.[0]?.message ?? 'no data'}`)
  return body.data as T
}

/** Errors that a smaller query may avoid. */
const LIMITS: ReadonlySet<string | undefined> = new Set([
  'RESOURCE_LIMITS_EXCEEDED',
  'MAX_NODE_LIMIT_EXCEEDED',
])

/** The address of GraphQL. On GitHub Enterprise Server it is beside the REST API, not below it. */
function graphqlUrl(baseUrl: string): string {
  return baseUrl.endsWith('/api/v3')
    ? `${baseUrl.slice(0, -3)}/graphql`.replace('//graphql', '/graphql')
    : `${baseUrl}/graphql`
}
