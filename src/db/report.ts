/** What the report of the command line lists besides windows: every flake, and the comments that may ask for re-runs. */
import { sql } from 'kysely'
import type { Db, Row } from './schema.ts'
import { flakeInScope, type Scope } from './scope.ts'

export type ReportedFlake = Row<'flake'> & Pick<Row<'job'>, 'name' | 'app' | 'workflow' | 'event'>

/** Every flake in scope with its job, oldest first. */
export async function readAllFlakes(db: Db, scope: Scope): Promise<ReportedFlake[]> {
  const { rows } = await sql<ReportedFlake>`select r.*, j.name, j.app, j.workflow, j.event from flake r
    join job j on j.repository_id = r.repository_id and j.job_id = r.job_id
    where ${flakeInScope(scope)} order by r.flaked_at, r.head_sha, j.name, r.job_id`.execute(db)
  return rows
}

export type ReportedComment = Row<'comment'> & {
  /** The pull request's head when the comment was written; null when unknown. */
  head_sha: string | null
}

/** Every stored comment of a repository, oldest first. */
export async function readAllComments(db: Db, repositoryId: number): Promise<ReportedComment[]> {
  return db
    .selectFrom('comment as c')
    .selectAll('c')
    .select((eb) =>
      eb
        .selectFrom('pull_request_event as e')
        .select('e.head_sha')
        .whereRef('e.repository_id', '=', 'c.repository_id')
        .whereRef('e.number', '=', 'c.number')
        .where('e.action', '<>', 'before')
        .whereRef('e.reported_at', '<=', 'c.reported_at')
        .orderBy('e.reported_at', 'desc')
        .orderBy('e.head_sha')
        .limit(1)
        .as('head_sha'),
    )
    .where('c.repository_id', '=', repositoryId)
    .orderBy('c.reported_at')
    .orderBy('c.number')
    .orderBy('c.comment_key')
    .execute()
}
