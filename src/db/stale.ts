/**
 * The queues of what has to be derived again: heads to classify, verdicts whose flakes to attribute, weeks to learn and
 * windows to measure. A row is a mark. It is deleted in the transaction that derives from it, under the repository's lock.
 * A fact that commits later adds another mark.
 */
import { sql } from 'kysely'
import { DAY_MS, iso } from '../domain/time.ts'
import { addRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

/** A commit whose facts changed, or a pull request all of whose heads are stale. */
export type StaleHead = Pick<Row<'stale_head'>, 'head_sha' | 'number'>

/** A job, and when (RFC 3339) its evidence changed. */
export type StaleVerdict = Pick<Row<'stale_verdict'>, 'job_id' | 'changed_at'>

/** Times (RFC 3339) at which windows changed, why, and how many marks said so. */
export interface StaleWindows {
  changed_at: string
  why: string[]
  marks: number
}

/** Ids of the repositories with marks, ascending. @param weeks false to ignore those with marked weeks alone */
export async function readStaleRepositories(db: Db, { weeks }: { weeks: boolean }): Promise<number[]> {
  const marked = db
    .selectFrom('stale_head')
    .select('repository_id')
    .union(db.selectFrom('stale_verdict').select('repository_id'))
    .union(db.selectFrom('stale_window').select('repository_id'))
  const query = weeks ? marked.union(db.selectFrom('stale_week').select('repository_id')) : marked
  const rows = await query.execute()
  return rows.map((row) => row.repository_id).sort((a, b) => a - b)
}

/** Ids of the repositories with at least so many marked heads. */
export async function readCrowdedRepositories(db: Db, minHeads: number): Promise<number[]> {
  const rows = await db
    .selectFrom('stale_head')
    .select('repository_id')
    .groupBy('repository_id')
    .having((eb) => eb.fn.countAll<number>(), '>=', minHeads)
    .execute()
  return rows.map((row) => row.repository_id)
}

/** Takes the oldest marks of heads, at most `limit`. */
export async function takeStaleHeads(trx: Db, repositoryId: number, limit: number): Promise<StaleHead[]> {
  return trx
    .deleteFrom('stale_head')
    .where('repository_id', '=', repositoryId)
    .where('seq', 'in', (eb) =>
      eb
        .selectFrom('stale_head')
        .select('seq')
        .where('repository_id', '=', repositoryId)
        .orderBy('seq')
        .limit(limit),
    )
    .returning(['head_sha', 'number'])
    .execute()
}

/** Takes every mark of verdicts; equal ones are one, because a backfill leaves more marks than fit into memory. */
export async function takeStaleVerdicts(trx: Db, repositoryId: number): Promise<StaleVerdict[]> {
  return trx
    .with('taken', (db) =>
      db
        .deleteFrom('stale_verdict')
        .where('repository_id', '=', repositoryId)
        .returning(['job_id', 'changed_at']),
    )
    .selectFrom('taken')
    .select(['job_id', 'changed_at'])
    .distinct()
    .execute()
}

/** Takes the marks of the oldest week and of those that follow within `weeks`. @returns a Monday (`YYYY-MM-DD`) per mark */
export async function takeStaleWeeks(trx: Db, repositoryId: number, weeks: number): Promise<string[]> {
  const { oldest } = await trx
    .selectFrom('stale_week')
    .select((eb) => eb.fn.min<string | null>('week').as('oldest'))
    .where('repository_id', '=', repositoryId)
    .executeTakeFirstOrThrow()
  if (oldest === null) return []
  const rows = await trx
    .deleteFrom('stale_week')
    .where('repository_id', '=', repositoryId)
    .where('week', '<', dayOf(Date.parse(oldest) + weeks * 7 * DAY_MS))
    .returning('week')
    .execute()
  return rows.map((row) => row.week)
}

/** Takes every mark of windows, grouped by time. */
export async function takeStaleWindows(trx: Db, repositoryId: number): Promise<StaleWindows[]> {
  // Raw: the builder has no array_agg(distinct …).
  const { rows } = await sql<StaleWindows>`with taken as (
      delete from stale_window where repository_id = ${repositoryId} returning changed_at, why)
    select changed_at, array_agg(distinct why) as why, count(*) as marks from taken group by changed_at`.execute(
    trx,
  )
  return rows
}

export async function markHead(db: Db, repositoryId: number, head_sha: string): Promise<void> {
  await addRows(db, 'stale_head', [{ repository_id: repositoryId, head_sha, number: null }])
}

export async function markVerdicts(
  db: Db,
  repositoryId: number,
  verdicts: readonly StaleVerdict[],
): Promise<void> {
  const rows = verdicts.map(({ job_id, changed_at }) => ({ repository_id: repositoryId, job_id, changed_at }))
  await addRows(db, 'stale_verdict', rows)
}

/** @param weeks epoch ms of Mondays, each once */
export async function markWeeks(db: Db, repositoryId: number, weeks: Iterable<number>): Promise<void> {
  const rows = Array.from(weeks, (week) => ({ repository_id: repositoryId, week: dayOf(week) }))
  await addRows(db, 'stale_week', rows)
}

/** @param times RFC 3339: the windows that hold them are measured again */
export async function markWindows(
  db: Db,
  repositoryId: number,
  times: readonly string[],
  why: string,
): Promise<void> {
  const rows = times.map((changed_at) => ({ repository_id: repositoryId, changed_at, why }))
  await addRows(db, 'stale_window', rows)
}

/** Marks every head with results, after a change of what facts mean. */
export async function markAllHeads(db: Db, repositoryId: number): Promise<void> {
  await sql`insert into stale_head (repository_id, head_sha, number)
    select distinct repository_id, head_sha, null::integer from observation where repository_id = ${repositoryId}`.execute(
    db,
  )
}

/** Marks the verdicts of all flakes of these pull requests. */
export async function markFlakesOf(db: Db, repositoryId: number, numbers: readonly number[]): Promise<void> {
  await db
    .insertInto('stale_verdict')
    .columns(['repository_id', 'job_id', 'changed_at'])
    .expression((eb) =>
      eb
        .selectFrom('flake')
        .select(['repository_id', 'job_id', 'flaked_at'])
        .where('repository_id', '=', repositoryId)
        .where('number', '=', (any) => any.fn.any(any.val([...numbers]))),
    )
    .execute()
}

/** Marks the flakes that first failed between two times (epoch ms, both inclusive). @param job null for every job */
export async function markFlakesFailedBetween(
  db: Db,
  repositoryId: number,
  { from, to, job }: { from: number; to: number; job: number | null },
): Promise<void> {
  await db
    .insertInto('stale_verdict')
    .columns(['repository_id', 'job_id', 'changed_at'])
    .expression((eb) =>
      eb
        .selectFrom('flake')
        .select(['repository_id', 'job_id', 'flaked_at'])
        .where('repository_id', '=', repositoryId)
        .where('first_failed_at', '>=', iso(from))
        .where('first_failed_at', '<=', iso(to))
        .$if(job !== null, (query) => query.where('job_id', '=', job)),
    )
    .execute()
}

/** Marks every week in which something flaked and whose facts are still stored. */
export async function markWeeksOfFlakes(db: Db, repositoryId: number): Promise<void> {
  await sql`insert into stale_week (repository_id, week)
    select distinct ${repositoryId}::bigint, date_trunc('week', flaked_at at time zone 'UTC')::date
    from flake where repository_id = ${repositoryId}
      and date_trunc('week', flaked_at at time zone 'UTC') at time zone 'UTC' >= coalesce(
        (select facts_since from horizon where repository_id = ${repositoryId}), '-infinity')`.execute(db)
}

/** Marks every window that was ever measured. */
export async function markMeasuredWindows(db: Db, repositoryId: number, why: string): Promise<void> {
  await sql`insert into stale_window (repository_id, changed_at, why)
    select distinct repository_id, starts_at, ${why} from sla_window
    where repository_id = ${repositoryId} and kind = 'day'`.execute(db)
}

/** Marks the windows of all kinds that end after a time (RFC 3339). @param since null for all windows */
export async function markWindowsEndingAfter(
  db: Db,
  repositoryId: number,
  since: string | null,
  why: string,
): Promise<void> {
  const from = since ?? '-infinity'
  await sql`insert into stale_window (repository_id, changed_at, why)
    select distinct ${repositoryId}::bigint, greatest(starts_at, ${from}::timestamptz), ${why}
    from sla_window where repository_id = ${repositoryId} and ends_at > ${from}::timestamptz`.execute(db)
}

/** Marks the open windows of every repository that end by a time (RFC 3339), so that they are measured as closed. */
export async function markEndedWindows(db: Db, now: string): Promise<void> {
  await sql`insert into stale_window (repository_id, changed_at, why)
    select repository_id, starts_at, 'closed' from sla_window where not closed and ends_at <= ${now}`.execute(
    db,
  )
}

function dayOf(at: number): string {
  return iso(at).slice(0, 10)
}
