/** Queries about the runners of a job. */
import { sql } from 'kysely'
import type { JobKey } from '../../db/job-table.ts'
import type { Db } from '../../db/schema.ts'
import type { Span } from '../../db/scope.ts'

export interface RunnerRecord {
  runner: string
  fails: number
  passes: number
  last_at: string
}

/** Passes and failures of a job by runner. Runs without a known runner are left out. */
export async function readRunnerRecords(
  db: Db,
  { repositoryId, jobId }: JobKey,
  span: Span,
): Promise<RunnerRecord[]> {
  // A check run's key is `check:ID:SECOND`; ID is also the id of the workflow job that names the runner.
  const { rows } =
    await sql<RunnerRecord>`select w.runner, count(*) filter (where r.outcome = 'fail') as fails,
      count(*) filter (where r.outcome = 'pass') as passes, max(r.completed_at) as last_at
    from run r join workflow_job w on w.repository_id = r.repository_id and w.head_sha = r.head_sha
      and w.check_run_id = case when r.run_key like 'check:%' then split_part(r.run_key, ':', 2)::bigint end
    where w.runner is not null and r.repository_id = ${repositoryId} and r.job_id = ${jobId} and r.outcome in ('pass', 'fail')
      and r.completed_at >= ${new Date(span.from).toISOString()} and r.completed_at < ${new Date(span.to).toISOString()}
    group by w.runner`.execute(db)
  return rows
}
