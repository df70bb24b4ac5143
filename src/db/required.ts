/** Stores the lists of required jobs of each base branch, each with the time from which it is valid. */

import { sql } from 'kysely'
import { gatesAmong, type LearnedGate } from '../domain/gate.ts'
import { type Required, requiredBy } from '../domain/required.ts'
import {
  jobsAfter,
  type RequiredJob,
  type RequiredList,
  type RulesReading,
} from '../domain/required-lists.ts'
import type { Settings } from '../domain/settings.ts'
import { PREPARED } from './client.ts'
import type { Db, Row } from './schema.ts'
import { markWindowsEndingAfter } from './stale.ts'

/** What decides which jobs count, besides the settings. */
interface Requirements {
  /** All jobs that ever ran in the repository, by name. */
  jobs: Row<'job'>[]
  /** Every list of required jobs, oldest first. */
  lists: RequiredList[]
  defaultBranch: string | null
  gates: LearnedGate[]
}

/** Reads the jobs and lists of a repository. Every figure needs them, so this is one query. */
export async function readRequirements(db: Db, repositoryId: number): Promise<Requirements> {
  const inRepository = sql`where repository_id = ${repositoryId}`
  const { rows } = await sql<Requirements>`${sql.raw(PREPARED)}select
    (select coalesce(json_agg(j order by j.name), '[]') from (select * from job ${inRepository}) as j) as jobs,
    (select coalesce(json_agg(l order by l.valid_from, l.base_ref), '[]')
      from (select base_ref, valid_from, jobs, problem from required_jobs ${inRepository}) as l) as lists,
    (select coalesce(json_agg(g order by g.job_id), '[]')
      from (select job_id, followed, changes from gate ${inRepository}) as g) as gates,
    (select default_branch from repository ${inRepository}) as "defaultBranch"`.execute(db)
  return rows[0] as Requirements
}

/** All jobs that ever ran, and which of them count under these settings, now and at any earlier time. */
export async function readRequired(
  db: Db,
  repositoryId: number,
  settings: Settings,
): Promise<{ required: Required; jobs: Row<'job'>[] }> {
  const { jobs, lists, defaultBranch, gates } = await readRequirements(db, repositoryId)
  return { required: requiredBy(settings, lists, defaultBranch, gatesAmong(gates)), jobs }
}

/** The slugs of the apps whose check runs were reported in a repository. They are known before anything is derived. */
export async function readAppsWithRuns(db: Db, repositoryId: number): Promise<string[]> {
  const { rows } = await sql<{
    app: string
  }>`select app from job where repository_id = ${repositoryId} and app <> ''
    union select app from observation where repository_id = ${repositoryId} and app <> ''`.execute(db)
  return rows.map((row) => row.app).sort()
}

/**
 * Stores what was read of a branch's requirements if it differs from the newest list of the branch, and marks the windows that it
 * changes. A reading that only names an app whose slug was unknown corrects the stored lists: the rule itself did not change.
 * @returns whether a list was added or corrected
 */
export async function addReading(
  db: Db,
  repositoryId: number,
  { base_ref, valid_from }: Pick<RequiredList, 'base_ref' | 'valid_from'>,
  reading: RulesReading,
): Promise<boolean> {
  const before = (await readNewestList(db, repositoryId, base_ref, { known: true }))?.jobs ?? []
  const { problem } = reading
  return addRequiredList(db, repositoryId, {
    base_ref,
    valid_from,
    jobs: jobsAfter(before, reading),
    problem,
  })
}

/** Stores a list if it differs from the newest of its branch. A list without jobs (null) only notes what could not be read. */
export async function addRequiredList(db: Db, repositoryId: number, list: RequiredList): Promise<boolean> {
  const newest = await readNewestList(db, repositoryId, list.base_ref, { known: false })
  const known = await readNewestList(db, repositoryId, list.base_ref, { known: true })
  const isNamed = known !== null && list.jobs !== null && (await nameApps(db, repositoryId, list.jobs))
  const isSame = list.jobs === null || (known !== null && idsOf(known.jobs) === idsOf(list.jobs))
  if (isSame && (newest?.problem ?? null) === list.problem) return isNamed
  const jobs = list.jobs && JSON.stringify([...list.jobs].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)))
  const added = await db
    .insertInto('required_jobs')
    .values({ repository_id: repositoryId, ...list, jobs })
    .onConflict((conflict) => conflict.doNothing())
    .returning('base_ref')
    .executeTakeFirst()
  if (!added) return false
  // The first list of a branch is valid for the time before it too.
  if (!isSame) await markWindowsEndingAfter(db, repositoryId, known ? list.valid_from : null, 'required jobs')
  return true
}

async function readNewestList(
  db: Db,
  repositoryId: number,
  baseRef: string,
  { known }: { known: boolean },
): Promise<Row<'required_jobs'> | null> {
  const row = await db
    .selectFrom('required_jobs')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('base_ref', '=', baseRef)
    .$if(known, (query) => query.where('jobs', 'is not', null))
    .orderBy('valid_from', 'desc')
    .executeTakeFirst()
  return row ?? null
}

/** Adds the slugs of apps to the stored lists that lack them. @returns whether there were such lists */
async function nameApps(db: Db, repositoryId: number, jobs: readonly RequiredJob[]): Promise<boolean> {
  const slugs = new Map(jobs.map((job) => [job.integration_id, job.app]))
  const lists = await db
    .selectFrom('required_jobs')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .execute()
  let isChanged = false
  for (const list of lists) {
    if (list.jobs === null) continue
    const named = list.jobs.map((job) => ({ ...job, app: job.app ?? slugs.get(job.integration_id) ?? null }))
    if (keysOf(named) === keysOf(list.jobs)) continue
    isChanged = true
    await db
      .updateTable('required_jobs')
      .set({ jobs: JSON.stringify(named) })
      .where('repository_id', '=', repositoryId)
      .where('base_ref', '=', list.base_ref)
      .where('valid_from', '=', list.valid_from)
      .execute()
  }
  if (isChanged) await markWindowsEndingAfter(db, repositoryId, null, 'required jobs')
  return isChanged
}

function idsOf(jobs: readonly RequiredJob[] | null): string {
  return (jobs ?? [])
    .map(({ name, app, integration_id }) => JSON.stringify([name, integration_id ?? app]))
    .sort()
    .join()
}

function keyOf({ name, app, integration_id }: RequiredJob): string {
  return JSON.stringify([name, app, integration_id])
}

function keysOf(jobs: readonly RequiredJob[]): string {
  return jobs.map(keyOf).sort().join()
}

/** The default branch, then the base branches of pull requests with events since a time (RFC 3339), busiest first; at most `limit`. */
export async function readBaseBranches(
  db: Db,
  repositoryId: number,
  since: string,
  limit: number,
): Promise<string[]> {
  const rows = await sql<{ base_ref: string }>`select base_ref from (
      select default_branch as base_ref, 1000000000 as prs from repository where repository_id = ${repositoryId}
      union all select base_ref, count(distinct number) from pull_request_event
        where repository_id = ${repositoryId} and reported_at >= ${since} group by base_ref) as refs
    where base_ref is not null group by base_ref order by max(prs) desc, base_ref limit ${limit}`.execute(db)
  return rows.rows.map((row) => row.base_ref)
}

/** The newest pull requests against a base branch, newest first. */
export async function readNewestPullRequests(
  db: Db,
  repositoryId: number,
  baseRef: string,
  limit: number,
): Promise<number[]> {
  const rows = await db
    .selectFrom('pull_request_event')
    .select('number')
    .where('repository_id', '=', repositoryId)
    .where('base_ref', '=', baseRef)
    .groupBy('number')
    .orderBy((eb) => eb.fn.max('reported_at'), 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => row.number)
}
