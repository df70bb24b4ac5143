/** Learns: finds each stale week's incidents and what the repository was like in it, and marks what that changes. */

import { sql } from 'kysely'
import { renewChangePoints } from '../db/change-points.ts'
import { readHistories, readIncidents, writeIncidents, writeRepositoryModel } from '../db/evidence.ts'
import { lockRepository } from '../db/locks.ts'
import { addRows } from '../db/rows.ts'
import type { Db } from '../db/schema.ts'
import type { Incident } from '../domain/attribution/incident.ts'
import {
  evidenceOf,
  firstTimeOf,
  incidentsIn,
  type JobHistory,
  MODEL_LOOKBACK,
  modelIn,
} from '../domain/attribution/week.ts'
import { WEEK_MS } from '../domain/time.ts'

/** Weeks that are learned in one transaction: they share most of what is read. */
const WEEKS_AT_ONCE = 6

/** Learns the next stale weeks of a repository. @returns how many marks were worked off; 0 when none is left */
export async function learnNext(db: Db, repositoryId: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const { rows } = await sql<{ week: string }>`with oldest as (select min(week) as week from stale_week
        where repository_id = ${repositoryId})
      delete from stale_week s using oldest o where s.repository_id = ${repositoryId}
        and s.week < o.week + ${WEEKS_AT_ONCE * 7}::int returning s.week`.execute(trx)
    if (rows.length === 0) return 0
    const weeks = await withFlakes(trx, repositoryId, [...new Set(rows.map((row) => row.week))].sort())
    await learnWeeks(trx, repositoryId, weeks)
    return rows.length
  })
}

/** The weeks among these in which something flaked: nothing is asked about the others. */
async function withFlakes(db: Db, repositoryId: number, weeks: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ week: string }>`select week from unnest(${[...weeks]}::date[]) week
    where exists (select 1 from flake f where f.repository_id = ${repositoryId}
        and f.flaked_at >= week::timestamp at time zone 'UTC' and f.flaked_at < (week + 7)::timestamp at time zone 'UTC')
      or exists (select 1 from incident i where i.repository_id = ${repositoryId} and i.week = week.week)
    order by week`.execute(db)
  return rows.map((row) => row.week)
}

async function learnWeeks(db: Db, repositoryId: number, weeks: readonly string[]): Promise<void> {
  const [first, last] = [weeks[0], weeks[weeks.length - 1]]
  if (first === undefined || last === undefined) return
  const from = Date.parse(first) - MODEL_LOOKBACK
  const to = Date.parse(last) + WEEK_MS
  const histories = await readHistories(db, repositoryId, null, [from, to])
  const began = firstTimeOf(histories, from)
  const marks = new Map<string, object>()
  const mark = (job_id: number, at: number) =>
    marks.set(`${job_id}/${at}`, {
      repository_id: repositoryId,
      job_id,
      changed_at: new Date(at).toISOString(),
    })
  for (const week of weeks) {
    const start = Date.parse(week)
    const changed = await writeIncidents(db, repositoryId, week, incidentsIn(histories, start))
    for (const one of changed) {
      for (const job of jobsIn(one, histories)) {
        mark(job, one.from)
        mark(job, one.to)
      }
      await markFailedIn(db, repositoryId, one)
    }
  }
  for (const week of weeks) {
    const start = Date.parse(week)
    // Later weeks' words would make a week depend on what came after it.
    const incidents = await readIncidents(db, repositoryId, [began, to], week)
    const evidence = histories.map((one) => evidenceOf(one, incidents))
    if (!(await writeRepositoryModel(db, repositoryId, week, modelIn(evidence, start)))) continue
    for (const { job, verdicts } of histories) {
      for (const one of verdicts)
        if (one.flaky && one.judgedAt >= start && one.judgedAt < start + WEEK_MS) mark(job, one.judgedAt)
    }
  }
  await addRows(db, 'stale_verdict', [...marks.values()])
  const flaky = histories.filter(({ verdicts }) =>
    verdicts.some((one) => one.flaky && one.judgedAt >= Date.parse(first)),
  )
  await renewChangePoints(
    db,
    repositoryId,
    flaky.map((one) => one.job),
  )
}

/** A failure can wait for its pass for weeks: its flake is dated by the pass, but belongs to the incident all the same. */
async function markFailedIn(db: Db, repositoryId: number, { job, from, to }: Incident): Promise<void> {
  await sql`insert into stale_verdict (repository_id, job_id, changed_at)
    select repository_id, job_id, flaked_at from flake where repository_id = ${repositoryId}
      and first_failed_at >= ${new Date(from).toISOString()} and first_failed_at <= ${new Date(to).toISOString()}
      ${job === null ? sql`` : sql`and job_id = ${job}`}`.execute(db)
}

/** Jobs with a result in the incident: their evidence reads otherwise now. */
function jobsIn(incident: Incident, histories: readonly JobHistory[]): number[] {
  if (incident.job !== null) return [incident.job]
  const inside = (at: number) => at >= incident.from && at <= incident.to
  return histories
    .filter(
      ({ verdicts, trunk }) =>
        verdicts.some((one) => inside(one.failedAt ?? one.judgedAt)) || trunk.some((one) => inside(one.at)),
    )
    .map((one) => one.job)
}
