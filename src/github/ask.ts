/** Asks GitHub patiently: within the limits that its headers tell, and again after an answer that says nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Octokit } from './client.ts'

const MOST_TRIES = 6
const SECONDARY_WAIT_MS = 60_000
const FIRST_WAIT_MS = 500

/** What is left of one of GitHub's budgets. */
export interface RateLeft {
  limit: number
  remaining: number
  /** Epoch ms. */
  resetAt: number
}

export interface Answer {
  data: unknown
  headers: Record<string, string | number | undefined>
}

export interface Asker {
  /** A REST call, `GET /repos/{owner}/{repo}/…`. @throws what GitHub answered, if it is no matter of patience */
  get(route: string, parameters: Record<string, unknown>): Promise<Answer>
  /** A GraphQL query. Answers `data`, with null where a part could not be found. */
  graphql<T>(query: string, variables: Record<string, unknown>): Promise<T>
  /** By resource: `core` for REST, `graphql`. */
  readonly left: ReadonlyMap<string, RateLeft>
  /** Calls made so far, by resource. */
  readonly calls: ReadonlyMap<string, number>
  /** Epoch ms until which nothing is asked; 0 when nothing is waited for. */
  readonly waitsUntil: number
}

export interface AskOptions {
  /** Requests and points that are left to others. */
  reserve: number
  signal?: AbortSignal | undefined
  /** For tests. Milliseconds. */
  wait?: (ms: number) => Promise<void>
}

/** Octokit, with patience. One asker is shared by all that ask at the same time, so that they wait together. */
export function createAsker(octokit: Octokit, options: AskOptions): Asker {
  const left = new Map<string, RateLeft>()
  const calls = new Map<string, number>()
  const wait = options.wait ?? ((ms: number) => sleep(ms, undefined, { signal: options.signal }))
  let waitsUntil = 0

  const pause = async (resource: string): Promise<void> => {
    const budget = left.get(resource)
    if (budget && budget.remaining <= options.reserve && budget.resetAt > Date.now())
      waitsUntil = Math.max(waitsUntil, budget.resetAt)
    // Others may prolong the pause while it lasts.
    while (waitsUntil > Date.now()) await wait(waitsUntil - Date.now())
    if (budget && budget.resetAt <= Date.now()) left.delete(resource)
    waitsUntil = 0
  }
  const ask = async (resource: string, call: () => Promise<Answer>): Promise<Answer> => {
    for (let tries = 1; ; tries++) {
      await pause(resource)
      calls.set(resource, (calls.get(resource) ?? 0) + 1)
      try {
        const answer = await call()
        note(left, answer.headers)
        return answer
      } catch (error) {
        if (options.signal?.aborted) throw error
        const headers = headersOf(error)
        note(left, headers)
        const ms = patience(error, headers, tries)
        if (ms === null || tries >= MOST_TRIES) throw error
        if (isLimit(error)) waitsUntil = Math.max(waitsUntil, Date.now() + ms)
        else await wait(ms)
      }
    }
  }
  return {
    left,
    calls,
    get waitsUntil() {
      return waitsUntil
    },
    get: (route, parameters) =>
      ask('core', async () => octokit.request(route, { ...parameters, request: signalOf(options) })),
    async graphql<T>(query: string, variables: Record<string, unknown>) {
      const url = graphqlUrl(octokit.request.endpoint.DEFAULTS.baseUrl)
      const answer = await ask('graphql', async () => {
        const told = await octokit.request({
          method: 'POST',
          url,
          query,
          variables,
          request: signalOf(options),
        })
        refuseLimits(told as Answer)
        return told as Answer
      })
      return dataOf<T>(answer.data as GraphqlBody)
    },
  }
}

function signalOf({ signal }: AskOptions): object {
  return signal ? { signal } : {}
}

interface GraphqlBody {
  data?: unknown
  errors?: { type?: string; message: string }[]
}

/** Parts that are not found, or not to be seen, are null in the data; anything else that went wrong is an error. */
function dataOf<T>(body: GraphqlBody): T {
  const error = body.errors?.find((one) => one.type !== 'NOT_FOUND' && one.type !== 'FORBIDDEN')
  const isUsable = body.data !== undefined && body.data !== null
  if (error && !(isUsable && error.type)) throw new Error(`GitHub's GraphQL API: ${error.message}`)
  if (!isUsable) throw new Error(`GitHub's GraphQL API: ${body.errors?.[0]?.message ?? 'no data'}`)
  return body.data as T
}

/** GraphQL tells a spent limit with 200. */
function refuseLimits({ data, headers }: Answer): void {
  const limited = (data as GraphqlBody).errors?.find((one) => one.type === 'RATE_LIMITED')
  if (limited)
    throw Object.assign(new Error(limited.message), {
      status: 403,
      response: { headers: { ...headers, 'x-ratelimit-remaining': '0' } },
    })
}

/** GitHub Enterprise Server has it elsewhere. */
function graphqlUrl(baseUrl: string): string {
  return baseUrl.endsWith('/api/v3')
    ? `${baseUrl.slice(0, -3)}/graphql`.replace('//graphql', '/graphql')
    : `${baseUrl}/graphql`
}

function headersOf(error: unknown): Answer['headers'] {
  return (error as { response?: { headers?: Answer['headers'] } }).response?.headers ?? {}
}

function note(left: Map<string, RateLeft>, headers: Answer['headers']): void {
  const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN)
  if (Number.isNaN(remaining)) return
  left.set(String(headers['x-ratelimit-resource'] ?? 'core'), {
    remaining,
    limit: Number(headers['x-ratelimit-limit'] ?? 0),
    // A second more: GitHub's clock and ours need not agree.
    resetAt: Number(headers['x-ratelimit-reset'] ?? 0) * 1000 + 1000,
  })
}

function isLimit(error: unknown): boolean {
  const { status, message = '' } = error as { status?: number; message?: string }
  return status === 429 || (status === 403 && /rate limit|abuse/i.test(message))
}

/** Milliseconds to wait before the same is asked again; null where that would change nothing. */
function patience(error: unknown, headers: Answer['headers'], tries: number): number | null {
  if (isLimit(error)) {
    const after = Number(headers['retry-after'] ?? Number.NaN)
    if (!Number.isNaN(after)) return after * 1000
    const resetAt = Number(headers['x-ratelimit-reset'] ?? 0) * 1000 + 1000
    if (headers['x-ratelimit-remaining'] === '0' && resetAt > Date.now()) return resetAt - Date.now()
    return SECONDARY_WAIT_MS * tries
  }
  const { status } = error as { status?: number }
  // Octokit reports a connection that broke as 500.
  return status === undefined || status < 500 ? null : FIRST_WAIT_MS * 2 ** (tries - 1)
}
