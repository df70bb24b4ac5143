/** The state of a repository's backfill: how far back it reads, and whether it is finished. */
import { sql } from 'kysely'
import type { Page } from '../domain/backfill-page.ts'
import { DAY_MS, iso } from '../domain/time.ts'
import { addPages } from './backfill-pages.ts'
import type { Db, Row } from './schema.ts'

/** How far back to read, and what GitHub still has. */
export interface Wanted {
  /** RFC 3339. */
  since: string
  now: string
  /** A continued backfill starts this long before the start of the last: results may arrive late. */
  overlapMs: number
  /** How many days GitHub keeps results; null where that is unknown. */
  keptDays: number | null
}

/**
 * Starts a backfill, or resumes the one in progress. If a finished one reaches back far enough, the new one continues it.
 * @returns the backfill
 */
export async function startBackfill(
  db: Db,
  repositoryId: number,
  wanted: Wanted,
  first: () => readonly Page[],
): Promise<Row<'backfill'>> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(7420, hashint8(${repositoryId}))`.execute(trx)
    const last = await readBackfill(trx, repositoryId)
    const next = nextOf(repositoryId, last, wanted)
    const isResumed = last !== undefined && next.started_at === last.started_at
    if (isResumed)
      await trx.updateTable('backfill').set(next).where('repository_id', '=', repositoryId).execute()
    else await replaceBackfill(trx, next)
    if (!isResumed || !(await hasPages(trx, repositoryId))) await addPages(trx, repositoryId, first())
    return next
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

/** The backfill after the last one: the same if it is not finished, else one that continues it, or a new one. */
function nextOf(repositoryId: number, last: Row<'backfill'> | undefined, wanted: Wanted): Row<'backfill'> {
  const { since: wanted_since, now, overlapMs, keptDays: kept_days } = wanted
  const oldest = kept_days === null ? Number.NEGATIVE_INFINITY : Date.parse(now) - kept_days * DAY_MS
  const from = Math.max(startOfDay(Date.parse(wanted_since)), oldest)
  const reachesBack = last && Date.parse(last.complete_since) <= from
  if (reachesBack && !last.done_at) return { ...last, kept_days }
  const started = { repository_id: repositoryId, wanted_since, kept_days, started_at: now, done_at: null }
  if (!reachesBack || Date.parse(last.started_at) < from)
    return { ...started, since: iso(from), complete_since: iso(from), results_since: null, continues: false }
  const since = iso(Math.max(Date.parse(last.started_at) - overlapMs, from))
  const { complete_since, results_since } = last
  return { ...started, since, complete_since, results_since, continues: true }
}

/** A time before the day of `at` begins, in every time zone: the first day shown is a whole one. */
function startOfDay(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS - DAY_MS
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
  const complete = Math.min(
    Date.parse(since),
    last ? Date.parse(last.complete_since) : Number.POSITIVE_INFINITY,
  )
  await replaceBackfill(trx, {
    ...{ repository_id: repositoryId, since, started_at: wanted.now, done_at: null, continues: false },
    ...{ wanted_since: last?.wanted_since ?? since, complete_since: iso(complete) },
    ...{ results_since: last?.results_since ?? null, kept_days: last?.kept_days ?? null },
  })
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

export interface BackfillProgress {
  /** Pages stored, and all pages so far. */
  done: number
  pages: number
  /** Pull requests found, and those of them that are not complete. */
  pullRequests: number
  unread: number
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
  if (result.rows.length === 0) return false
  await noteFirstResult(db, repositoryId)
  return true
}

/** Days of a repository with this many pull requests and no result are noted. */
const MIN_PULL_REQUESTS = 3

/**
 * Notes where the results begin, if it is unknown how long GitHub keeps them and several pull requests before have none: then
 * GitHub may have deleted the results of these days.
 */
async function noteFirstResult(db: Db, repositoryId: number): Promise<void> {
  await sql`update backfill b set results_since = f.first_at
    from (select coalesce(min(o.completed_at), 'infinity') as first_at from observation o, backfill r
      where r.repository_id = ${repositoryId} and o.repository_id = ${repositoryId} and o.completed_at >= r.complete_since) as f
    where b.repository_id = ${repositoryId} and b.kept_days is null and not b.continues and f.first_at < 'infinity'
      and ${MIN_PULL_REQUESTS} <= (select count(distinct number) from pull_request_event e
        where e.repository_id = ${repositoryId} and e.reported_at >= b.complete_since
          and e.reported_at < f.first_at - interval '1 day')`.execute(db)
}
