/** What has to be known to run the jobs of a head again. */
import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'

type Db = Kysely<Database>

export interface RerunTarget {
  job_id: number
  name: string
  outcome: string
  source: 'check_run' | 'status'
  app: string
  run_key: string
  /** The workflow run that the check run belongs to, where Actions told of one. */
  run_id: number | null
}

/** The last run of each job of a pull request at a head. */
export async function readRerunTargets(
  db: Db,
  repositoryId: number,
  number: number,
  headSha: string,
): Promise<RerunTarget[]> {
  const { rows } =
    await sql<RerunTarget>`select distinct on (r.job_id) r.job_id, j.name, r.outcome, j.source, j.app, r.run_key,
      (select w.run_id from workflow_run w where w.repository_id = r.repository_id and w.head_sha = r.head_sha
        and w.suite_id = r.suite_id order by w.attempt desc limit 1) as run_id
    from run r join job j on j.repository_id = r.repository_id and j.job_id = r.job_id
    where r.repository_id = ${repositoryId} and r.number = ${number} and r.head_sha = ${headSha}
    order by r.job_id, r.completed_at desc, r.run_key desc`.execute(db)
  return rows
}

/** Who opened a pull request; null where it was never told of. */
export async function readAuthorOf(db: Db, repositoryId: number, number: number): Promise<string | null> {
  const row = await db
    .selectFrom('pull_request_event')
    .select('author')
    .where('repository_id', '=', repositoryId)
    .where('number', '=', number)
    .orderBy('told_at')
    .limit(1)
    .executeTakeFirst()
  return row?.author ?? null
}

/** Whether Prow works there: its merge automation reports a context of its own. */
export async function hasProw(db: Db, repositoryId: number): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select exists (select from job
    where repository_id = ${repositoryId} and source = 'status' and name = 'tide') as found`.execute(db)
  return rows[0]?.found ?? false
}
