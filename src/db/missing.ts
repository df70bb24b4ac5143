/** Which required jobs report no results, and what else a figure says about the list of required jobs. */
import { sql } from 'kysely'
import { matchesGlob } from '../domain/glob.ts'
import type { MissingJob, Required, RequiredState } from '../domain/required.ts'
import { DAY_MS, iso } from '../domain/time.ts'
import type { Db, Row } from './schema.ts'
import type { LoadedScope } from './scope.ts'

/** A job misses results when so many pull requests were tested without it, a day or more after its last one. */
const MIN_PULL_REQUESTS = 3
const MIN_AGE_MS = DAY_MS

/** What figures say about the list of required jobs. @param scope as `readScope` loads it */
export async function readRequiredState(
  db: Db,
  { scope, required, jobs }: Pick<LoadedScope, 'scope' | 'required' | 'jobs'>,
): Promise<RequiredState> {
  const assumed = required.assumedAt(Number.NEGATIVE_INFINITY)
  return {
    source: required.source,
    problem: required.problem,
    missing: await readMissing(db, scope.repositoryId, required, jobs),
    assumed_before: assumed === null ? null : iso(assumed),
  }
}

async function readMissing(
  db: Db,
  repositoryId: number,
  required: Required,
  jobs: readonly Row<'job'>[],
): Promise<MissingJob[]> {
  const counting = jobs.filter((job) => required.includesNow(job))
  const wanted = [
    ...required.declared.map((name) => ({ name, own: counting.filter((job) => job.name === name) })),
    ...required.globs.map((name) => ({ name, own: counting.filter((job) => matchesGlob(job.name, name)) })),
  ]
  if (wanted.length === 0) return []
  const ids = wanted.map(({ own }, i) => ({ i, ids: own.map((job) => job.job_id) }))
  const { rows } = await sql<{ i: number; last: string | null; without: number }>`
    select w.i, last.at as last, (select count(*) from (select distinct r.number from run r
        where r.repository_id = ${repositoryId} and r.kind = 'pull_request'
          and r.completed_at >= last.at + ${MIN_AGE_MS / 1000} * interval '1 second' limit ${MIN_PULL_REQUESTS}) as later) as without
    from json_to_recordset(${JSON.stringify(ids)}::json) as w(i int, ids json)
    cross join lateral (select max(newest.at) as at from json_array_elements_text(w.ids) as j(id)
      cross join lateral (select greatest(
        (select max(completed_at) from run where repository_id = ${repositoryId} and job_id = j.id::bigint),
        (select max(judged_at) from verdict where repository_id = ${repositoryId} and job_id = j.id::bigint)) as at) as newest) as last
    order by w.i`.execute(db)
  return rows.flatMap(({ i, last, without }) => {
    if (last !== null && without < MIN_PULL_REQUESTS) return []
    return [{ name: wanted[i]?.name ?? '', last_result_at: last }]
  })
}
