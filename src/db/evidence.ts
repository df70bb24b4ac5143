/** Reads and stores the evidence for attribution: each job's results, the incidents, and the repository models. */

import { sql } from 'kysely'
import type { Incident } from '../domain/attribution/incident.ts'
import { DEFAULT_MODEL, type RepositoryModel } from '../domain/attribution/repository-model.ts'
import { MAX_NEIGHBOUR_DISTANCE } from '../domain/attribution/trunk.ts'
import { incidentId, type JobHistory } from '../domain/attribution/week.ts'
import { iso } from '../domain/time.ts'
import { addRows, replaceRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

/** From (inclusive) and to (exclusive), in epoch ms. */
export type Span = readonly [from: number, to: number]

/** Each job's verdicts and results on trunk in a span; all jobs when `jobIds` is null. */
export async function readHistories(
  db: Db,
  repositoryId: number,
  jobIds: readonly number[] | null,
  [from, to]: Span,
): Promise<JobHistory[]> {
  const jobs = jobIds === null ? sql`` : sql`and job_id = any(${[...jobIds]})`
  const verdicts = await sql<
    Row<'verdict'> & { number: number }
  >`select job_id, head_sha, number, flaky, judged_at, failed_at from verdict
    where repository_id = ${repositoryId} and kind = 'pull_request' and judged_at >= ${iso(from)} and judged_at < ${iso(to)} ${jobs}`.execute(
    db,
  )
  // The results just outside the span decide whether a failure on trunk at its edge is an isolated one.
  const trunk = await sql<{ job_id: number; head_sha: string; at: string; passed: boolean; failed: boolean }>`
    select job_id, head_sha, min(completed_at) as at, bool_or(outcome = 'pass') as passed, bool_or(outcome = 'fail') as failed
    from run where repository_id = ${repositoryId} and kind <> 'pull_request' and outcome in ('pass', 'fail')
      and completed_at >= ${iso(from - MAX_NEIGHBOUR_DISTANCE)} and completed_at < ${iso(to + MAX_NEIGHBOUR_DISTANCE)} ${jobs}
    group by job_id, head_sha`.execute(db)
  const histories = new Map<
    number,
    { job: number; verdicts: JobHistory['verdicts'][number][]; trunk: JobHistory['trunk'][number][] }
  >()
  const historyOf = (job: number) => {
    const history = histories.get(job) ?? { job, verdicts: [], trunk: [] }
    histories.set(job, history)
    return history
  }
  for (const { job_id, head_sha, number, flaky, judged_at, failed_at } of verdicts.rows) {
    const failedAt = failed_at === null ? null : Date.parse(failed_at)
    historyOf(job_id).verdicts.push({
      headSha: head_sha,
      number,
      flaky,
      judgedAt: Date.parse(judged_at),
      failedAt,
    })
  }
  for (const { job_id, head_sha, at, passed, failed } of trunk.rows)
    historyOf(job_id).trunk.push({ headSha: head_sha, at: Date.parse(at), passed, failed })
  return [...histories.values()].sort((a, b) => a.job - b.job)
}

/**
 * Incidents that overlap a span, oldest first. When two weeks found the same incident, the later week's row is used.
 * @param asOf the last week (`YYYY-MM-DD`) whose incidents are used; null for all
 */
export async function readIncidents(
  db: Db,
  repositoryId: number,
  [from, to]: Span,
  asOf: string | null = null,
): Promise<Incident[]> {
  const { rows } = await sql<Row<'incident'>>`select distinct on (incident) * from incident
    where repository_id = ${repositoryId} and ended_at >= ${iso(from)} and began_at < ${iso(to)}
      ${asOf === null ? sql`` : sql`and week <= ${asOf}::date`}
    order by incident, week desc`.execute(db)
  return rows.map(incidentOf).sort((a, b) => a.from - b.from || (a.job ?? 0) - (b.job ?? 0))
}

function incidentOf(row: Row<'incident'>): Incident {
  return {
    job: row.job_id,
    from: Date.parse(row.began_at),
    to: Date.parse(row.ended_at),
    rate: row.rate,
    jobs: row.jobs,
    pullRequests: row.pull_requests,
    failures: row.failures,
    onTrunk: row.on_trunk,
  }
}

/** Those of the weeks (Mondays, `YYYY-MM-DD`) with a flake, ascending. */
export async function readWeeksWithFlakes(
  db: Db,
  repositoryId: number,
  weeks: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ week: string }>`select week from unnest(${[...weeks]}::date[]) week
    where exists (select 1 from flake f where f.repository_id = ${repositoryId}
      and f.flaked_at >= week::timestamp at time zone 'UTC' and f.flaked_at < (week + 7)::timestamp at time zone 'UTC')
    order by week`.execute(db)
  return rows.map((row) => row.week)
}

/** Those of the weeks (Mondays, `YYYY-MM-DD`) with stored incidents, ascending. */
export async function readWeeksWithIncidents(
  db: Db,
  repositoryId: number,
  weeks: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('incident')
    .select('week')
    .distinct()
    .where('repository_id', '=', repositoryId)
    .where('week', 'in', weeks)
    .orderBy('week')
    .execute()
  return rows.map((row) => row.week)
}

/** When (epoch ms) the flakes that failed during an incident were first and last judged; null if it caused none. */
export async function readJudgedSpan(
  db: Db,
  repositoryId: number,
  { from, to, job }: Incident,
): Promise<Span | null> {
  const { first, last } = await db
    .selectFrom('flake')
    .select((eb) => [
      eb.fn.min<string | null>('flaked_at').as('first'),
      eb.fn.max<string | null>('flaked_at').as('last'),
    ])
    .where('repository_id', '=', repositoryId)
    .where('first_failed_at', '>=', iso(from))
    .where('first_failed_at', '<=', iso(to))
    .$if(job !== null, (query) => query.where('job_id', '=', job))
    .executeTakeFirstOrThrow()
  return first === null || last === null ? null : [Date.parse(first), Date.parse(last)]
}

/** Replaces the incidents of a week. @returns the incidents that were removed or added */
export async function writeIncidents(
  db: Db,
  repositoryId: number,
  week: string,
  incidents: readonly Incident[],
): Promise<Incident[]> {
  const { rows } = await sql<Row<'incident'>>`select * from incident
    where repository_id = ${repositoryId} and week = ${week}`.execute(db)
  const old = rows.map(incidentOf)
  const byContent = (list: readonly Incident[]) =>
    new Map(list.map((incident) => [JSON.stringify(incident), incident]))
  const [before, after] = [byContent(old), byContent(incidents)]
  const changed = [
    ...[...before].flatMap(([content, incident]) => (after.has(content) ? [] : [incident])),
    ...[...after].flatMap(([content, incident]) => (before.has(content) ? [] : [incident])),
  ]
  if (changed.length === 0) return []
  await sql`delete from incident where repository_id = ${repositoryId} and week = ${week}`.execute(db)
  await addRows(
    db,
    'incident',
    incidents.map((incident) => ({
      repository_id: repositoryId,
      week,
      incident: incidentId(incident),
      job_id: incident.job,
      began_at: iso(incident.from),
      ended_at: iso(incident.to),
      rate: incident.rate,
      jobs: incident.jobs,
      pull_requests: incident.pullRequests,
      failures: incident.failures,
      on_trunk: incident.onTrunk,
    })),
  )
  return changed
}

/** The model of each of the weeks (`YYYY-MM-DD`); the default model for weeks without one. */
export async function readRepositoryModels(
  db: Db,
  repositoryId: number,
  weeks: readonly string[],
): Promise<(week: string) => RepositoryModel> {
  const { rows } = await sql<Row<'repository_model'>>`select * from repository_model
    where repository_id = ${repositoryId} and week = any(${[...weeks]}::date[])`.execute(db)
  const models = new Map(
    rows.map(({ week, a, b, share, severity }): [string, RepositoryModel] => [
      week,
      { baseRate: { a, b }, share, severity },
    ]),
  )
  return (week) => models.get(week) ?? DEFAULT_MODEL
}

/** Stores the model of a week. @returns whether it differs from the stored one */
export async function writeRepositoryModel(
  db: Db,
  repositoryId: number,
  week: string,
  model: RepositoryModel,
): Promise<boolean> {
  const stored = (await readRepositoryModels(db, repositoryId, [week]))(week)
  if (stored !== DEFAULT_MODEL && JSON.stringify(stored) === JSON.stringify(model)) return false
  const { baseRate, share, severity } = model
  await replaceRows(db, 'repository_model', [
    { repository_id: repositoryId, week, a: baseRate.a, b: baseRate.b, share, severity },
  ])
  return true
}

/** Deletes the models of weeks (`YYYY-MM-DD`) without flakes. */
export async function deleteRepositoryModels(
  db: Db,
  repositoryId: number,
  weeks: readonly string[],
): Promise<void> {
  if (weeks.length === 0) return
  await db
    .deleteFrom('repository_model')
    .where('repository_id', '=', repositoryId)
    .where('week', 'in', weeks)
    .execute()
}
