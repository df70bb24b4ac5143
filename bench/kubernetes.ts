/**
 * What a team would otherwise run each night: Kubernetes' own two queries over its CI data (kubernetes/test-infra,
 * metrics/configs/flakes-config.yaml and weekly-consistency-config.yaml, read 2026), over the same runs in PostgreSQL.
 */
import { sql } from 'kysely'
import type { Db } from '../src/db/schema.ts'

/**
 * Copies the runs into a table in the form of Kubernetes' warehouse: the columns that the queries read, with the pull request in
 * a path and the commit in a list of refs, rows in order of time, and no index for the queries.
 */
export async function copyRuns(db: Db): Promise<void> {
  await sql`create table build as
    select 'pr:pull-widgets-' || replace(j.name, ' ', '-') as job,
      'gs://widgets-ci/pr-logs/pull/' || r.number || '/pull-widgets-' || replace(j.name, ' ', '-') || '/' || r.run_key as path,
      r.started_at as started, case r.outcome when 'pass' then 'SUCCESS' else 'FAILURE' end as result,
      'v1.0.0+' || left(r.head_sha, 14) as version,
      json_build_object('acme/widgets', 'main:' || r.base_sha || ',' || r.number || ':' || r.head_sha)::text as repos
    from run r join job j using (repository_id, job_id) order by r.started_at`.execute(db)
  await sql`analyze build`.execute(db)
}

/** For each job in the week before `now`: consistent runs and commits, and flakes. @returns the number of rows */
export async function askFlakes(db: Db, now: number): Promise<number> {
  const { rows } =
    await sql`select job, round(sum(case when flaked = 1 then passed else runs end) / sum(runs), 3) as build_consistency,
      round(1 - sum(flaked)::numeric / count(distinct commit), 3) as commit_consistency, sum(flaked) as flakes,
      sum(runs) as runs, count(distinct commit) as commits
    from (select job, commit, count(*) filter (where result = 'SUCCESS') as passed, count(*) as runs,
        case when count(*) filter (where result = 'SUCCESS') in (0, count(*)) then 0 else 1 end as flaked
      from (select job, result, case when left(job, 3) = 'pr:' then substring(repos from '[^,]+,[0-9]+:([a-f0-9]+)"')
            else version end as commit
          from build where started > ${new Date(now).toISOString()}::timestamptz - interval '7 days' and version <> 'unknown'
            and (left(job, 3) = 'ci-' or cardinality(string_to_array(replace(repos, ', ', ''), ',')) = 2)) of_week
      group by job, commit) of_commit
    group by job order by flakes desc, commit_consistency, build_consistency, job`.execute(db)
  return rows.length
}

/**
 * For each week of the quarter before `now`: the share of (pull request, commit) in which every job was consistent.
 * @param jobs names of the jobs that block a merge
 * @returns the number of rows
 */
export async function askConsistency(db: Db, now: number, jobs: readonly string[]): Promise<number> {
  const names = jobs.map((name) => `pr:pull-widgets-${name.replaceAll(' ', '-')}`)
  const { rows } =
    await sql`select week, round(1 - sum(flaked)::numeric / count(*), 3) as consistency, count(*) as commits
    from (select week, number, commit, max(case when passed in (0, runs) then 0 else 1 end) as flaked
      from (select week, job, number, commit, count(*) filter (where result = 'SUCCESS') as passed, count(*) as runs
        from (select job, result, started::date - extract(dow from started)::int as week,
            substring(path from 'pull/([0-9]+|batch)') as number, substring(repos from '^[^,]+,[0-9]+:([^,"]+)') as commit
          from build where started > ${new Date(now).toISOString()}::timestamptz - interval '90 days'
            and version <> 'unknown' and job = any(${names})) of_quarter
        group by 1, 2, 3, 4) of_job
      group by 1, 2, 3) of_commit
    group by week order by week`.execute(db)
  return rows.length
}
