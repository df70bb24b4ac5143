/**
 * What a team would otherwise run each night: Kubernetes' own two questions of its CI data (kubernetes/test-infra,
 * metrics/configs/flakes-config.yaml and weekly-consistency-config.yaml, read 2026), asked of the same runs in PostgreSQL.
 */
import { sql } from 'kysely'
import type { Db } from '../src/db/client.ts'

/** Copies the runs into a table as a warehouse has it: rows by time of arrival, no index made for a question. */
export async function copyRuns(db: Db): Promise<void> {
  await sql`create table build as select job_id, number, head_sha, outcome, completed_at from run order by completed_at`.execute(
    db,
  )
  await sql`analyze build`.execute(db)
}

/** Of each job in the week before `now`: runs and commits that were consistent, and flakes. @returns the number of rows */
export async function askFlakes(db: Db, now: number): Promise<number> {
  const { rows } =
    await sql`select job_id, round(sum(case when flaked = 1 then passed else runs end) / sum(runs), 3) as build_consistency,
      round(1 - sum(flaked)::numeric / count(distinct head_sha), 3) as commit_consistency, sum(flaked) as flakes,
      sum(runs) as runs, count(distinct head_sha) as commits
    from (select job_id, head_sha, count(*) filter (where outcome = 'pass') as passed, count(*) as runs,
        case when count(*) filter (where outcome = 'pass') in (0, count(*)) then 0 else 1 end as flaked
      from build where completed_at > ${new Date(now).toISOString()}::timestamptz - interval '7 days'
      group by job_id, head_sha) of_commit
    group by job_id order by flakes desc, commit_consistency, build_consistency, job_id`.execute(db)
  return rows.length
}

/** Of each week of the quarter before `now`: the share of (pull request, commit) whose jobs all agreed with themselves. */
export async function askConsistency(db: Db, now: number): Promise<number> {
  const { rows } =
    await sql`select week, round(1 - sum(flaked)::numeric / count(*), 3) as consistency, count(*) as commits
    from (select week, number, head_sha, max(case when passed in (0, runs) then 0 else 1 end) as flaked
      from (select date_trunc('week', completed_at) as week, job_id, number, head_sha,
          count(*) filter (where outcome = 'pass') as passed, count(*) as runs
        from build where completed_at > ${new Date(now).toISOString()}::timestamptz - interval '90 days'
        group by 1, 2, 3, 4) of_job
      group by 1, 2, 3) of_commit
    group by week order by week`.execute(db)
  return rows.length
}
