/** What reading history is made of: a page of the API in, facts and further pages out. */

import type { Db } from '../db/client.ts'
import type { Page } from '../db/reading.ts'
import type { Facts } from '../domain/facts.ts'
import type { Asker } from '../github/ask.ts'
import { translate } from '../webhooks/translate.ts'

/** The repository as every webhook names it. */
export interface ReadRepository {
  id: number
  full_name: string
  private: boolean
  default_branch: string
}

export interface ReadContext {
  db: Db
  asker: Asker
  repository: ReadRepository
  owner: string
  repo: string
  /** RFC 3339: how far back. */
  since: string
  /** RFC 3339: when the reading began. */
  startedAt: string
}

/** What a page told. */
export interface PageResult {
  facts: Facts[]
  next: Page[]
  /** Pull requests that it told of. */
  found: number[]
}

export type ReadPage = (context: ReadContext, detail: never) => Promise<PageResult>

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

/** Whether a list of the REST API goes on after this page. */
export function hasNext(headers: Record<string, string | number | undefined>): boolean {
  return String(headers.link ?? '').includes('rel="next"')
}
