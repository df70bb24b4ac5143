/** Queries of the status page: freshness, coverage, deliveries, pending work and timers. */
import { sql } from 'kysely'
import type { Db } from '../../db/schema.ts'

export interface Freshness {
  repository_id: number
  last_delivery_at: string | null
  last_measured_at: string | null
  last_completed_at: string | null
  waiting: number
}

// Windows are measured again for some days after their end; the latest change is among the newest windows.
const NEWEST_WINDOWS = 20

/** For each repository: its latest delivery, figure and run, and how many commits are waiting to be classified. */
export async function readFreshness(db: Db, repositoryIds: readonly number[]): Promise<Freshness[]> {
  const { rows } = await sql<Freshness>`select r.id as repository_id,
      (select max(received_at) from delivery d where d.repository_id = r.id) as last_delivery_at,
      (select max(measured_at) from (select measured_at from sla_window w where w.repository_id = r.id
        and w.kind = 'day' order by start desc limit ${NEWEST_WINDOWS}) newest) as last_measured_at,
      (select max(completed_at) from run u where u.repository_id = r.id) as last_completed_at,
      (select count(*) from stale_head s where s.repository_id = r.id) as waiting
    from unnest(${[...repositoryIds]}::bigint[]) as r(id)`.execute(db)
  return rows
}

export interface DeliveryCount {
  event: string
  outcome: string
  deliveries: number
}

/** Deliveries received since an instant (epoch ms), by event and outcome. */
export async function countDeliveries(
  db: Db,
  repositoryIds: readonly number[],
  since: number,
): Promise<DeliveryCount[]> {
  const { rows } = await sql<DeliveryCount>`select event, outcome, count(*) as deliveries
    from unnest(${[...repositoryIds]}::bigint[]) as r(id)
    join delivery d on d.repository_id = r.id and d.received_at >= ${new Date(since).toISOString()}
    group by event, outcome order by deliveries desc, event, outcome`.execute(db)
  return rows
}

export interface OutboxDepth {
  kind: string
  waiting: number
  oldest_due_at: string
  max_attempts: number
}

/** Pending GitHub actions for these repositories, by kind. */
export async function readOutboxDepth(db: Db, repositoryIds: readonly number[]): Promise<OutboxDepth[]> {
  const { rows } = await sql<OutboxDepth>`select kind, count(*) as waiting, min(due_at) as oldest_due_at,
    max(attempts) as max_attempts from outbox where done_at is null
      and repository_id = any(${[...repositoryIds]}::bigint[]) group by kind order by kind`.execute(db)
  return rows
}

export interface Coverage {
  repository_id: number
  /** The first day with data in the time span. */
  first_day: string | null
  days_with_data: number
  /** The longest run of days without data between days with data, and the day before it. */
  longest_gap_days: number
  longest_gap_after: string | null
}

/** Days with data (a tested pull request) since `from` (`YYYY-MM-DD`), and the longest gap among them. */
export async function readCoverage(
  db: Db,
  repositoryIds: readonly number[],
  from: string,
): Promise<Coverage[]> {
  const { rows } =
    await sql<Coverage>`select repository_id, min(start) as first_day, count(*) as days_with_data,
      coalesce(max(gap), 0) as longest_gap_days,
      (array_agg(start order by gap desc nulls last, start desc))[1] as longest_gap_after
    from (
      select repository_id, start, lead(start) over (partition by repository_id order by start) - start - 1 as gap
      from (
        select distinct repository_id, start from sla_window
        where repository_id = any(${[...repositoryIds]}::bigint[]) and kind = 'day' and start >= ${from} and prs > 0
      ) as days
    ) as gaps group by repository_id`.execute(db)
  return rows
}

export interface TimerTick {
  name: string
  slot: string
}

/** When each timer last ran. */
export async function readTicks(db: Db): Promise<TimerTick[]> {
  const { rows } =
    await sql<TimerTick>`select name, max(slot) as slot from tick group by name order by name`.execute(db)
  return rows
}
