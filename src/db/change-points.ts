/** Changes of jobs' flake rates, stored, and shown with the pull requests that were merged at that time. */

import { sql } from 'kysely'
import { BLOCK_MARGIN, type Blocks, changesIn, type DayTally } from '../domain/attribution/change-point.ts'
import { iso } from '../domain/time.ts'
import { addRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

const MAX_MERGED = 30

interface JobDay extends DayTally {
  job_id: number
}

/** Finds the changes of all jobs in the blocks, and replaces the stored ones. */
export async function writeChangePoints(db: Db, repositoryId: number, blocks: Blocks): Promise<void> {
  const days = await readJobDays(db, repositoryId, blocks)
  await sql`delete from change_point where repository_id = ${repositoryId}
    and changed_on >= ${iso(blocks.from).slice(0, 10)} and changed_on < ${iso(blocks.to).slice(0, 10)}`.execute(
    db,
  )
  const changes = [...Map.groupBy(days, (row) => row.job_id)].flatMap(([job_id, ofJob]) =>
    changesIn(blocks, ofJob).map(({ day, before, after }) => ({
      repository_id: repositoryId,
      job_id,
      changed_on: day,
      before_flaky: before.flaky,
      before_verdicts: before.verdicts,
      after_flaky: after.flaky,
      after_verdicts: after.verdicts,
    })),
  )
  await addRows(db, 'change_point', changes)
}

/** The verdicts of each job and UTC day in and around the blocks. The rate of a job that never flaked did not change. */
async function readJobDays(db: Db, repositoryId: number, { from, to }: Blocks): Promise<JobDay[]> {
  const [first, end] = [iso(from - BLOCK_MARGIN), iso(to + BLOCK_MARGIN)]
  const { rows } = await sql<JobDay>`
    select v.job_id, (v.judged_at at time zone 'UTC')::date as day, count(*) filter (where v.flaky) as flaky, count(*) as verdicts
    from verdict v where v.repository_id = ${repositoryId} and v.kind = 'pull_request'
      and v.judged_at >= ${first} and v.judged_at < ${end}
      and v.job_id in (select job_id from flake where repository_id = ${repositoryId}
        and flaked_at >= ${first} and flaked_at < ${end})
      -- A flake that an incident caused is not a change of the job.
      and not (v.flaky and exists (select 1 from incident i where i.repository_id = v.repository_id
        and coalesce(v.failed_at, v.judged_at) between i.began_at and i.ended_at and (i.job_id is null or i.job_id = v.job_id)))
    group by 1, 2 order by 1, 2`.execute(db)
  return rows
}

export type ChangePoint = Row<'change_point'> & {
  job: string
  /** Pull requests merged on the first day after the change or the day before, which are the likely causes. */
  merged: number[]
}

/** Changes since a UTC day (`YYYY-MM-DD`), newest first; of one job when `jobId` is given. */
export async function readChangePoints(
  db: Db,
  repositoryId: number,
  since: string,
  jobId: number | null = null,
): Promise<ChangePoint[]> {
  const { rows } = await sql<ChangePoint>`select c.*, j.name as job, (
      select coalesce(json_agg(m.number order by m.merged_at, m.number), '[]') from (
        select p.number, p.merged_at from pull_request p where p.repository_id = c.repository_id
          and p.merged_at >= (c.changed_on - 1)::timestamp at time zone 'UTC'
          and p.merged_at < (c.changed_on + 1)::timestamp at time zone 'UTC'
        order by p.merged_at, p.number limit ${MAX_MERGED}) m) as merged
    from change_point c join job j on j.repository_id = c.repository_id and j.job_id = c.job_id
    where c.repository_id = ${repositoryId} and c.changed_on >= ${since}::date
      ${jobId === null ? sql`` : sql`and c.job_id = ${jobId}`} order by c.changed_on desc, j.name, c.job_id`.execute(
    db,
  )
  return rows
}
