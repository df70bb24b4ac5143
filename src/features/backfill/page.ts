/** What backfill history is made of: a page of the API in, facts and further pages out. */

import type { PageResult } from '../../db/backfill.ts'
import type { Db } from '../../db/schema.ts'
import type { Facts } from '../../domain/facts.ts'
import { isRateLimit } from '../../github/rate-limit.ts'
import type { ThrottledClient } from '../../github/throttled-client.ts'
import { translate } from '../../intake/events/translate.ts'

/** The repository as every webhook names it. */
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
  /** RFC 3339: when the backfill began. */
  startedAt: string
}

/**
 * Facts of what the API says, by the same translation as the webhook of that name: so that history read in and history
 * told make the same figures. Nothing is asked to be done because of the past.
 */
export function factsOf(context: ReadContext, event: string, payload: object): Facts[] {
  const told = translate(
    { action: 'completed', ...payload, repository: context.repository },
    { guid: '', event, at: context.startedAt },
  )
  if (told.outcome !== 'facts') return []
  const { outbox: _outbox, ...facts } = told.facts
  return [facts]
}

/** Entries of a page of a list, as many as GitHub gives at once. */
export const PER_PAGE = 100

/**
 * The next page of a list of the REST API, by its `Link` header; null at its end. Where a server sends none, a full page
 * may not be the last one.
 */
export function nextPage(
  headers: Record<string, string | number | undefined>,
  page: number,
  entries: number,
): number | null {
  if (headers.link === undefined) return entries >= PER_PAGE ? page + 1 : null
  const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(String(headers.link))?.[1]
  if (next === undefined) return null
  const told = Number(/[?&]page=(\d+)/.exec(next)?.[1] ?? Number.NaN)
  return Number.isInteger(told) && told > page ? told : page + 1
}

/** The list in an answer, bare or under a name; empty where there is none. */
export function listOf<T>(data: unknown, name?: string): T[] {
  const list = name && !Array.isArray(data) ? (data as Record<string, unknown> | null)?.[name] : data
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : []
}

const REFUSED: ReadonlySet<number> = new Set([403, 404, 409, 410, 422, 451, 501])

/** What GitHub said where it does not tell this part of a repository, and may tell others; null where it is no such answer. */
export function refusalOf(error: unknown): string | null {
  const { status, message = '' } = error as { status?: number; message?: string }
  if (status === undefined || !REFUSED.has(status) || isRateLimit(error)) return null
  return `${status} ${message.split(' - http')[0]}`.slice(0, 200)
}
