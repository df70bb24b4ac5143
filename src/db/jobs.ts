/** Which jobs cost a window most. */
import { sql } from 'kysely'
import type { Db } from './schema.ts'

export interface JobCost {
  job_id: number
  name: string
  flakes: number
  pull_requests: number[]
}

/** Jobs with counted flakes dated in `[from, to)` (RFC 3339), those that cost most first; with or without incidents' flakes. */
export async function readCostliestJobs(
  db: Db,
  repositoryId: number,
  window: { from: string; to: string },
  jobIds: readonly number[] | null,
  { incidents = true }: { incidents?: boolean } = {},
): Promise<JobCost[]> {
  const rows = await sql<JobCost>`select f.job_id, j.name, count(*) as flakes,
      json_agg(distinct f.number order by f.number) as pull_requests
    from flake f join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repositoryId} and f.flaked_at >= ${window.from} and f.flaked_at < ${window.to}
      and f.counted is not false ${jobIds === null ? sql`` : sql`and f.job_id = any(${[...jobIds]})`}
      ${incidents ? sql`` : sql`and f.incident is null`}
    group by f.job_id, j.name order by flakes desc, j.name`.execute(db)
  return rows.rows
}
