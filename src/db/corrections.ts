/** Stores and reads corrections: people's statements about whose flakes they are. */
import { sql } from 'kysely'
import { weeksLearningFrom } from '../domain/attribution/week.ts'
import type { CorrectionFact } from '../domain/correction.ts'
import { addRows } from './rows.ts'
import type { Db } from './schema.ts'
import { markVerdicts, markWeeks } from './stale.ts'

/** The corrections of these pull requests, by number. Pull requests without a correction are left out. */
export async function readCorrections(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<Map<number, CorrectionFact[]>> {
  if (numbers.length === 0) return new Map()
  const { rows } = await sql<CorrectionFact>`select * from correction
    where repository_id = ${repositoryId} and number = any(${[...numbers]})`.execute(db)
  return Map.groupBy(rows, (row) => row.number)
}

/**
 * Stores a correction, once, and marks what it changes: the flakes of its pull request, the flakes that these are evidence for, and
 * the weeks that learn from them. @returns the number of flakes that it applies to
 */
export async function addCorrection(db: Db, fact: CorrectionFact): Promise<number> {
  const { repository_id, number, job, reported_at } = fact
  await addRows(db, 'correction', [fact])
  const { rows } = await sql<{ job_id: number; flaked_at: string }>`select f.job_id, f.flaked_at from flake f
    join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repository_id} and f.number = ${number} and f.flaked_at <= ${reported_at}
      ${job === null ? sql`` : sql`and j.name = ${job}`}`.execute(db)
  const verdicts = rows.map(({ job_id, flaked_at }) => ({ job_id, changed_at: flaked_at }))
  await markVerdicts(db, repository_id, verdicts)
  const weeks = rows.flatMap((row) => weeksLearningFrom(Date.parse(row.flaked_at)))
  await markWeeks(db, repository_id, new Set(weeks))
  return rows.length
}

/** The flakes that a correction applies to, with their current attributions. */
export async function readCorrected(
  db: Db,
  { repository_id, number, job, reported_at }: CorrectionFact,
): Promise<
  { job: string; head_sha: string; attribution: string | null; model_probability: number | null }[]
> {
  const { rows } = await sql<{
    job: string
    head_sha: string
    attribution: string | null
    model_probability: number | null
  }>`
    select j.name as job, f.head_sha, f.attribution,
      coalesce((f.evidence #>> '{model,probability}')::float8, f.probability) as model_probability
    from flake f join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repository_id} and f.number = ${number} and f.flaked_at <= ${reported_at}
      ${job === null ? sql`` : sql`and j.name = ${job}`} order by f.flaked_at, j.name`.execute(db)
  return rows
}
