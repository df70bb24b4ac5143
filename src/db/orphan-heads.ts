/** Commits with results that belong to no known pull request. They are noted while deriving and looked up at GitHub later. */
import { sql } from 'kysely'
import type { Db, Row } from './schema.ts'

/** The webhook about the pull request may still arrive. */
const GRACE_PERIOD = sql`interval '10 minutes'`
/** Some branches never become a pull request: after this many lookups their commits are left alone. */
const MAX_TRIES = 3

/** A commit to look up. */
export type OrphanHead = Pick<Row<'orphan_head'>, 'head_sha' | 'head_branches' | 'tries'>

/** Notes commits about which nothing could be derived, because their pull request is unknown. */
export async function addOrphanHead(
  db: Db,
  repositoryId: number,
  heads: readonly { head_sha: string; head_branches: string[]; completed_at: string }[],
): Promise<void> {
  if (heads.length === 0) return
  await sql`insert into orphan_head (repository_id, head_sha, head_branches, completed_at, due_at)
    select ${repositoryId}::bigint, head_sha, head_branches, completed_at, completed_at + ${GRACE_PERIOD}
    from json_to_recordset(${JSON.stringify(heads)}::json) as h(head_sha text, head_branches jsonb, completed_at timestamptz)
    on conflict do nothing`.execute(db)
}

/**
 * Takes the commits of a repository that are due for a lookup, newest first; other processes take other commits. A commit
 * without an answer is due again after six hours, then after a day, then never.
 * @param since RFC 3339: results that completed before are left alone
 */
export async function takeOrphanHeads(
  db: Db,
  repositoryId: number,
  { now, since, most }: { now: string; since: string; most: number },
): Promise<OrphanHead[]> {
  await dropPlaced(db, repositoryId)
  const result = await sql<OrphanHead>`update orphan_head set tries = tries + 1,
      due_at = case when tries + 1 < ${MAX_TRIES} then ${now}::timestamptz + power(4, tries) * interval '6 hours' end
    where (repository_id, head_sha) in (select repository_id, head_sha from orphan_head
      where repository_id = ${repositoryId} and due_at <= ${now} and completed_at >= ${since}
      order by completed_at desc, head_sha limit ${most} for update skip locked)
    returning head_sha, head_branches, tries`.execute(db)
  return result.rows
}

/** Whether a commit `w` belongs to a pull request or merge queue by now, through a webhook, a backfill or a lookup. */
const IS_PLACED = sql`(exists (select 1 from run r where r.repository_id = w.repository_id and r.head_sha = w.head_sha)
  or exists (select 1 from pull_request_event e where e.repository_id = w.repository_id and e.head_sha = w.head_sha)
  or exists (select 1 from merge_group g where g.repository_id = w.repository_id and g.head_sha = w.head_sha))`

async function dropPlaced(db: Db, repositoryId: number): Promise<void> {
  await sql`delete from orphan_head w where repository_id = ${repositoryId} and ${IS_PLACED}`.execute(db)
}

/** Deletes commits whose results completed before a time (RFC 3339): they are not looked up any more. */
export async function expireOrphanHeads(db: Db, repositoryId: number, before: string): Promise<void> {
  await db
    .deleteFrom('orphan_head')
    .where('repository_id', '=', repositoryId)
    .where('completed_at', '<', before)
    .execute()
}

export interface OrphanHeadCount {
  /** Commits that were not looked up yet. */
  waiting: number
  /** Commits for which GitHub named no pull request: mostly pushes to branches. */
  unknown: number
}

/** Counts the commits with results since a time (RFC 3339) that belong to no known pull request. */
export async function countOrphanHeads(
  db: Db,
  repositoryId: number,
  since: string,
): Promise<OrphanHeadCount> {
  const result = await sql<OrphanHeadCount>`select count(*) filter (where tries = 0) as waiting,
      count(*) filter (where tries > 0) as unknown
    from orphan_head w where repository_id = ${repositoryId} and completed_at >= ${since}
      and not ${IS_PLACED}`.execute(db)
  return result.rows[0] as OrphanHeadCount
}
