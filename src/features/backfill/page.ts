/** The step of a backfill: one page of the API goes in, facts and further pages come out. */
import type { PageResult } from '../../db/backfill-pages.ts'
import type { Db } from '../../db/schema.ts'
import type { Facts } from '../../domain/facts.ts'
import { isRateLimit } from '../../github/rate-limit.ts'
import type { ThrottledClient } from '../../github/throttled-client.ts'
import { translate } from '../../intake/events/translate.ts'

/** The repository as every webhook describes it. */
export interface ReadRepository {
  id: number
  full_name: string
  private: boolean
  default_branch: string
}

export type { PageResult }

export interface ReadContext {
  db: Db
  client: ThrottledClient
  repository: ReadRepository
  owner: string
  repo: string
  /** RFC 3339: how far back. */
  since: string
  /** RFC 3339: when the backfill started. */
  startedAt: string
  /** RFC 3339: since when the history is complete at the end; `since`, or the start of the backfill that it continues. */
  completeSince: string
  /** Whether everything before was read by an earlier backfill: results that are stored need not be read again. */
  continues: boolean
}

/**
 * Facts from an answer of the API, by the same translation as the webhook of that name, so that a backfill gives the same
 * figures as webhooks. It creates no tasks: nobody waits for answers to old commands.
 */
export function factsOf(context: ReadContext, event: string, payload: object): Facts[] {
  const translation = translate(
    { action: 'completed', ...payload, repository: context.repository },
    { guid: '', event, at: context.startedAt },
  )
  if (translation.outcome !== 'facts') return []
  const { outbox: _outbox, repository = [], ...facts } = translation.facts
  // The repository is described as it was when the backfill began. Webhooks know better what changed since.
  const at = context.startedAt
  const known = { reported_at: at, changed_at: at, timing: 'list' } as const
  return [{ ...facts, repository: repository.map((fact) => ({ ...fact, ...known })) }]
}

/** The most entries that GitHub puts on one page of a list. */
export const PER_PAGE = 100

/**
 * The number of the next page of a list of the REST API, from its `Link` header; null on the last page. If a server sends
 * no such header, there may be a page after every full one.
 */
export function nextPage(
  headers: Record<string, string | number | undefined>,
  page: number,
  entries: number,
): number | null {
  if (headers.link === undefined) return entries >= PER_PAGE ? page + 1 : null
  const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(String(headers.link))?.[1]
  if (next === undefined) return null
  const number = Number(/[?&]page=(\d+)/.exec(next)?.[1] ?? Number.NaN)
  return Number.isInteger(number) && number > page ? number : page + 1
}

/** The list in an answer, either the whole answer or one of its fields; empty if there is no list. */
export function listOf<T>(data: unknown, name?: string): T[] {
  const list = name && !Array.isArray(data) ? (data as Record<string, unknown> | null)?.[name] : data
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'object' && entry !== null) : []
}

const REFUSED: ReadonlySet<number> = new Set([403, 404, 409, 410, 422, 451, 501])

/** GitHub's message if it refuses one part of a repository while others may be readable; null for any other error. */
export function refusalOf(error: unknown): string | null {
  const { status, message = '' } = error as { status?: number; message?: string }
  if (status === undefined || !REFUSED.has(status) || isRateLimit(error)) return null
  return `${status} ${message.split(' - http')[0]}`.slice(0, 200)
}
