/** The state of backfill a repository's history: pages to ask for, claimed by one process each, done once stored. */
import { sql } from 'kysely'
import type { Facts } from '../domain/facts.ts'
import { addFacts } from './facts.ts'
import type { Db, Row } from './schema.ts'

/** A claim ends so long after the last sign of life of its process. */
const LEASE_SECONDS = 10

/** One answer of the API to ask for. */
export interface Page {
  /** The same question has the same key, whoever asks. */
  key: string
  kind: string
  detail: unknown
  /** Pull requests that are not read before this page is; for the progress. */
  numbers: readonly number[]
}

/**
 * Begins to read a repository's history, or goes on with what was begun. A finished backfill is continued from a few days
 * before its start: results may come without their pull request being touched.
 * @returns the backfill, and whether it is a new one
 */
export async function startBackfill(
  db: Db,
  repositoryId: number,
  wanted: { since: string; now: string; overlapMs: number },
  first: readonly Page[],
): Promise<Row<'backfill'>> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(7420, hashint8(${repositoryId}))`.execute(trx)
    const known = await readBackfill(trx, repositoryId)
    if (known && !known.done_at && Date.parse(known.since) <= Date.parse(wanted.since)) {
      if (!(await hasPages(trx, repositoryId))) await addPages(trx, repositoryId, first)
      return known
    }
    const since = known?.done_at ? continued(known, wanted) : wanted.since
    const backfill = await beginAnew(trx, {
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

function continued(known: Row<'backfill'>, wanted: { since: string; overlapMs: number }): string {
  if (Date.parse(known.since) > Date.parse(wanted.since)) return wanted.since
  const from = Date.parse(known.started_at) - wanted.overlapMs
  return new Date(Math.max(from, Date.parse(wanted.since))).toISOString()
}

/**
 * Has the history of a repository read anew since a time, or from where a backfill under way began, if that is earlier.
 * To be called in a transaction. Whoever reads history finds the pages there.
 */
export async function restartBackfill(
  trx: Db,
  repositoryId: number,
  wanted: { since: string; now: string },
): Promise<void> {
  const known = await readBackfill(trx, repositoryId)
  const isEarlier = known && !known.done_at && Date.parse(known.since) < Date.parse(wanted.since)
  const since = isEarlier ? known.since : wanted.since
  await beginAnew(trx, { repository_id: repositoryId, since, started_at: wanted.now, done_at: null })
}

/** Puts a backfill in the place of the one before, with no page asked for yet. */
async function beginAnew(trx: Db, backfill: Row<'backfill'>): Promise<Row<'backfill'>> {
  await trx.deleteFrom('backfill_page').where('repository_id', '=', backfill.repository_id).execute()
  await trx
    .insertInto('backfill')
    .values(backfill)
    .onConflict((conflict) => conflict.column('repository_id').doUpdateSet(backfill))
    .execute()
  return backfill
}

/** The backfill of a repository, if there ever was one. */
export async function readBackfill(db: Db, repositoryId: number): Promise<Row<'backfill'> | undefined> {
  return db.selectFrom('backfill').selectAll().where('repository_id', '=', repositoryId).executeTakeFirst()
}

/** Takes the next page that nobody is asking for; null when there is none. */
export async function claimPage(
  db: Db,
  repositoryId: number,
  claimer: string,
): Promise<Row<'backfill_page'> | null> {
  const result = await sql<Row<'backfill_page'>>`update backfill_page
    set claimed_by = ${claimer}, claimed_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
    where (repository_id, page_key) in (select repository_id, page_key from backfill_page
      where repository_id = ${repositoryId} and done_at is null
        and (claimed_until is null or claimed_until < clock_timestamp())
      order by seq limit 1 for update skip locked)
    returning *`.execute(db)
  return result.rows[0] ?? null
}

/** Keeps the claims of a process while it waits for GitHub. */
export async function keepClaims(db: Db, claimer: string): Promise<void> {
  await sql`update backfill_page set claimed_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
    where claimed_by = ${claimer} and done_at is null`.execute(db)
}

/** Frees pages: those of a process, or, where a database has one process at a time, all. */
export async function freeClaims(db: Db, claimer: string | null): Promise<void> {
  await sql`update backfill_page set claimed_by = null, claimed_until = null
    where done_at is null and claimed_by is not null ${claimer === null ? sql`` : sql`and claimed_by = ${claimer}`}`.execute(
    db,
  )
}

/** What a page told. */
export interface PageResult {
  facts: Facts[]
  next: Page[]
  /** Pull requests that it told of. */
  found: number[]
  /** Why nothing could be read of it, or not all, where that is so. */
  problem?: string
}

/** Stores what a page told and what is to be asked because of it, and marks it done: all, or nothing of it. */
export async function finishPage(
  db: Db,
  page: Row<'backfill_page'>,
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
export async function noteProblem(db: Db, page: Row<'backfill_page'>, problem: string): Promise<void> {
  await db
    .updateTable('backfill_page')
    .set({ problem })
    .where('repository_id', '=', page.repository_id)
    .where('page_key', '=', page.page_key)
    .execute()
}

/** What of a repository's history could not be read, in GitHub's words. */
export interface Unread {
  kind: string
  pages: number
  problem: string
}

/** Parts of the newest backfill that GitHub did not tell, by kind and reason. */
export async function readUnread(db: Db, repositoryId: number): Promise<Unread[]> {
  const result = await sql<Unread>`select kind, count(*) as pages, problem from backfill_page
    where repository_id = ${repositoryId} and done_at is not null and problem is not null
    group by kind, problem order by kind, problem`.execute(db)
  return result.rows
}

async function addPages(db: Db, repositoryId: number, pages: readonly Page[]): Promise<void> {
  if (pages.length === 0) return
  const rows = pages.map(({ key, kind, detail, numbers }) => ({ page_key: key, kind, detail, numbers }))
  await sql`insert into backfill_page (repository_id, page_key, kind, detail, numbers)
    select ${repositoryId}::bigint, page_key, kind, detail, numbers
    from json_to_recordset(${JSON.stringify(rows)}::json) as p(page_key text, kind text, detail jsonb, numbers jsonb)
    on conflict do nothing`.execute(db)
}

export interface BackfillProgress {
  /** Pages stored, and all that are known of. */
  done: number
  pages: number
  /** Pull requests found, and of them those that still miss something. */
  pullRequests: number
  unread: number
}

/** Whether pages of a repository's backfill are still to be read. */
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

/** How far the backfill of a repository is. */
export async function readProgress(db: Db, repositoryId: number): Promise<BackfillProgress> {
  const result = await sql<BackfillProgress>`select count(*) filter (where done_at is not null) as done,
      count(*) as pages,
      coalesce(sum(jsonb_array_length(numbers)) filter (where kind in ('pulls', 'pulls-rest') and done_at is not null), 0) as "pullRequests",
      (select count(distinct n) from backfill_page o, jsonb_array_elements(o.numbers) as n
        where o.repository_id = ${repositoryId} and o.done_at is null) as unread
    from backfill_page where repository_id = ${repositoryId}`.execute(db)
  return result.rows[0] as BackfillProgress
}

/** Marks a backfill as finished, unless something is still to be asked. @returns whether it is finished */
export async function finishBackfill(db: Db, repositoryId: number, now: string): Promise<boolean> {
  const result = await sql`update backfill set done_at = ${now} where repository_id = ${repositoryId}
    and not exists (select 1 from backfill_page p where p.repository_id = ${repositoryId} and p.done_at is null)
    returning repository_id`.execute(db)
  return result.rows.length === 1
}

/** Heads of the pull requests that come from a branch: which pull request an Actions run was for. */
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

/** Which of these commits are known as heads of pull requests. */
export async function knownHeads(
  db: Db,
  repositoryId: number,
  shas: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ head_sha: string }>`select distinct head_sha from pull_request_event
    where repository_id = ${repositoryId} and head_sha = any(${[...shas]})`.execute(db)
  return new Set(rows.rows.map((row) => row.head_sha))
}
