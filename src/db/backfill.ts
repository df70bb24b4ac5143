/** The state of a repository's backfill: pages to read, each claimed by one process and done once it is stored. */
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

/**
 * Starts a backfill, or resumes the one in progress. After a finished backfill the next one starts a few days before the
 * start of the last: results may arrive without an update of their pull request.
 * @returns the backfill
 */
export async function startBackfill(
  db: Db,
  repositoryId: number,
  wanted: { since: string; now: string; overlapMs: number },
  first: readonly Page[],
): Promise<Row<'backfill'>> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(7420, hashint8(${repositoryId}))`.execute(trx)
    const last = await readBackfill(trx, repositoryId)
    if (last && !last.done_at && Date.parse(last.since) <= Date.parse(wanted.since)) {
      if (!(await hasPages(trx, repositoryId))) await addPages(trx, repositoryId, first)
      return last
    }
    const since = last?.done_at ? continued(last, wanted) : wanted.since
    const backfill = await replaceBackfill(trx, {
      repository_id: repositoryId,
      since,
      started_at: wanted.now,
      done_at: null,
    })
    await addPages(trx, repositoryId, first)
    return backfill
  })
}

async function hasPages(db: Db, repositoryId: number): Promise<boolean> {
  const page = await db
    .selectFrom('backfill_page')
    .select('page_key')
    .where('repository_id', '=', repositoryId)
    .limit(1)
    .executeTakeFirst()
  return page !== undefined
}

function continued(last: Row<'backfill'>, wanted: { since: string; overlapMs: number }): string {
  if (Date.parse(last.since) > Date.parse(wanted.since)) return wanted.since
  const from = Date.parse(last.started_at) - wanted.overlapMs
  return new Date(Math.max(from, Date.parse(wanted.since))).toISOString()
}

/**
 * Restarts the backfill of a repository since a time, or since the start of the one in progress if that is earlier.
 * To be called in a transaction. The next run of the timer adds the first pages.
 */
export async function restartBackfill(
  trx: Db,
  repositoryId: number,
  wanted: { since: string; now: string },
): Promise<void> {
  const last = await readBackfill(trx, repositoryId)
  const isEarlier = last && !last.done_at && Date.parse(last.since) < Date.parse(wanted.since)
  const since = isEarlier ? last.since : wanted.since
  await replaceBackfill(trx, { repository_id: repositoryId, since, started_at: wanted.now, done_at: null })
}

/** Replaces a backfill by a new one without pages. */
async function replaceBackfill(trx: Db, backfill: Row<'backfill'>): Promise<Row<'backfill'>> {
  await trx.deleteFrom('backfill_page').where('repository_id', '=', backfill.repository_id).execute()
  await trx
    .insertInto('backfill')
    .values(backfill)
    .onConflict((conflict) => conflict.column('repository_id').doUpdateSet(backfill))
    .execute()
  return backfill
}

/** The newest backfill of a repository, if there is one. */
export async function readBackfill(db: Db, repositoryId: number): Promise<Row<'backfill'> | undefined> {
  return db.selectFrom('backfill').selectAll().where('repository_id', '=', repositoryId).executeTakeFirst()
}

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

/** A part of a repository's history that could not be read, with GitHub's message. */
export interface Unread {
  kind: string
  pages: number
  problem: string
}

/** What GitHub refused in the newest backfill, by kind and reason. */
export async function readUnread(db: Db, repositoryId: number): Promise<Unread[]> {
  const result = await sql<Unread>`select kind, count(*) as pages, problem from backfill_page
    where repository_id = ${repositoryId} and done_at is not null and problem is not null
    group by kind, problem order by kind, problem`.execute(db)
  return result.rows
}

async function addPages(db: Db, repositoryId: number, pages: readonly Page[]): Promise<void> {
  if (pages.length === 0) return
  const rows = pages.map(({ key, ...page }) => ({ page_key: key, ...page }))
  await sql`insert into backfill_page (repository_id, page_key, kind, payload, numbers)
    select ${repositoryId}::bigint, page_key, kind, payload, numbers
    from json_to_recordset(${JSON.stringify(rows)}::json) as p(page_key text, kind text, payload jsonb, numbers jsonb)
    on conflict do nothing`.execute(db)
}

export interface BackfillProgress {
  /** Pages stored, and all pages so far. */
  done: number
  pages: number
  /** Pull requests found, and those of them that are not complete. */
  pullRequests: number
  unread: number
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

/** The progress of a repository's backfill. */
export async function readProgress(db: Db, repositoryId: number): Promise<BackfillProgress> {
  const result = await sql<BackfillProgress>`select count(*) filter (where done_at is not null) as done,
      count(*) as pages,
      coalesce(sum(jsonb_array_length(numbers)) filter (where kind in ('pulls', 'pulls-rest') and done_at is not null), 0) as "pullRequests",
      (select count(distinct n) from backfill_page o, jsonb_array_elements(o.numbers) as n
        where o.repository_id = ${repositoryId} and o.done_at is null) as unread
    from backfill_page where repository_id = ${repositoryId}`.execute(db)
  return result.rows[0] as BackfillProgress
}

/** Marks a backfill as finished unless pages are left to read. @returns whether it is finished */
export async function finishBackfill(db: Db, repositoryId: number, now: string): Promise<boolean> {
  const result = await sql`update backfill set done_at = ${now} where repository_id = ${repositoryId}
    and not exists (select 1 from backfill_page p where p.repository_id = ${repositoryId} and p.done_at is null)
    returning repository_id`.execute(db)
  return result.rows.length === 1
}

/** The newest event of each pull request from these branches: it shows which pull request an Actions run was for. */
export async function readPullRequestsFrom(
  db: Db,
  repositoryId: number,
  refs: readonly { ref: string; repository: number }[],
): Promise<Row<'pull_request_event'>[]> {
  if (refs.length === 0) return []
  const result = await sql<
    Row<'pull_request_event'>
  >`select distinct on (number) e.* from pull_request_event e
    join json_to_recordset(${JSON.stringify(refs)}::json) as r(ref text, repository bigint)
      on e.head_ref = r.ref and e.head_repository_id = r.repository
    where e.repository_id = ${repositoryId} order by number, reported_at desc`.execute(db)
  return result.rows
}

/** Those of the commits that are heads of pull requests. */
export async function knownHeads(
  db: Db,
  repositoryId: number,
  shas: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ head_sha: string }>`select distinct head_sha from pull_request_event
    where repository_id = ${repositoryId} and head_sha = any(${[...shas]})`.execute(db)
  return new Set(rows.rows.map((row) => row.head_sha))
}
