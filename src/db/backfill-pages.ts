/** The pages of a backfill: each is claimed by one process, and done once it is stored. */
import { sql } from 'kysely'
import { type Page, type PageRequest, parsePage } from '../domain/backfill-page.ts'
import type { Facts } from '../domain/facts.ts'
import { addFacts } from './facts.ts'
import type { Db, Row } from './schema.ts'

/** A claim ends this long after its process last renewed it. */
const LEASE_SECONDS = 10

/** What identifies a stored page. */
export type PageId = Pick<Row<'backfill_page'>, 'repository_id' | 'page_key'>

/** A page that this process reads. `lastError` is why it could not be read the last time, null if it was not tried. */
export type ClaimedPage = PageId & { lastError: string | null } & PageRequest

/** A claimed row that is not a valid page; `problem` is a sentence. */
export type UnreadablePage = PageId & { problem: string }

/** Claims the next page that no process is reading; null if there is none. */
export async function claimPage(
  db: Db,
  repositoryId: number,
  claimer: string,
): Promise<ClaimedPage | UnreadablePage | null> {
  const result = await sql<Row<'backfill_page'>>`update backfill_page
    set claimed_by = ${claimer}, claimed_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
    where (repository_id, page_key) in (select repository_id, page_key from backfill_page
      where repository_id = ${repositoryId} and done_at is null
        and (claimed_until is null or claimed_until < clock_timestamp())
      order by seq limit 1 for update skip locked)
    returning *`.execute(db)
  const [row] = result.rows
  if (!row) return null
  const { repository_id, page_key, kind, payload, problem: lastError } = row
  const request = parsePage({ kind, payload })
  return 'problem' in request
    ? { repository_id, page_key, ...request }
    : { repository_id, page_key, lastError, ...request }
}

/** Renews the claims of a process while it waits for GitHub. */
export async function keepClaims(db: Db, claimer: string): Promise<void> {
  await sql`update backfill_page set claimed_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
    where claimed_by = ${claimer} and done_at is null`.execute(db)
}

/** Releases the claims of a process, or all claims if `claimer` is null. */
export async function freeClaims(db: Db, claimer: string | null): Promise<void> {
  await sql`update backfill_page set claimed_by = null, claimed_until = null
    where done_at is null and claimed_by is not null ${claimer === null ? sql`` : sql`and claimed_by = ${claimer}`}`.execute(
    db,
  )
}

/** What came of a page. */
export interface PageResult {
  facts: Facts[]
  next: Page[]
  /** Numbers of the pull requests on it. */
  found: number[]
  /** Why it could not be read, or only in part. */
  problem?: string
}

/** Stores the facts of a page and the pages it leads to, and marks it as done, in one transaction. */
export async function finishPage(
  db: Db,
  page: PageId,
  { facts, next, found, problem }: PageResult,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await addFacts(trx, facts, { tasks: false, removedToo: true })
    await addPages(trx, page.repository_id, next)
    await sql`update backfill_page set done_at = clock_timestamp(), claimed_by = null, claimed_until = null,
        numbers = ${JSON.stringify(found)}::jsonb, problem = ${problem ?? null}
      where repository_id = ${page.repository_id} and page_key = ${page.page_key}`.execute(trx)
  })
}

/** Notes why a page could not be read this time. */
export async function noteProblem(db: Db, page: PageId, problem: string): Promise<void> {
  await db
    .updateTable('backfill_page')
    .set({ problem })
    .where('repository_id', '=', page.repository_id)
    .where('page_key', '=', page.page_key)
    .execute()
}

/** Adds pages to be read; those that exist stay. */
export async function addPages(db: Db, repositoryId: number, pages: readonly Page[]): Promise<void> {
  if (pages.length === 0) return
  const rows = pages.map(({ key, ...page }) => ({ page_key: key, ...page }))
  await sql`insert into backfill_page (repository_id, page_key, kind, payload, numbers)
    select ${repositoryId}::bigint, page_key, kind, payload, numbers
    from json_to_recordset(${JSON.stringify(rows)}::json) as p(page_key text, kind text, payload jsonb, numbers jsonb)
    on conflict do nothing`.execute(db)
}

/** Whether pages of a repository's backfill are left to read. */
export async function hasOpenPages(db: Db, repositoryId: number): Promise<boolean> {
  const open = await db
    .selectFrom('backfill_page')
    .select('page_key')
    .where('repository_id', '=', repositoryId)
    .where('done_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return open !== undefined
}
