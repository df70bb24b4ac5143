/** Learns: finds the incidents and the repository model of each stale week, and marks the verdicts that they change. */
import { writeChangePoints } from '../db/change-points.ts'
import {
  readHistories,
  readIncidents,
  readWeeksWithFlakes,
  writeIncidents,
  writeRepositoryModel,
} from '../db/evidence.ts'
import { lockRepository } from '../db/locks.ts'
import type { Db } from '../db/schema.ts'
import { markFlakesFailedBetween, markVerdicts, type StaleVerdict, takeStaleWeeks } from '../db/stale.ts'
import type { Incident } from '../domain/attribution/incident.ts'
import {
  evidenceOf,
  firstTimeOf,
  incidentsIn,
  type JobHistory,
  MODEL_LOOKBACK,
  modelIn,
} from '../domain/attribution/week.ts'
import { iso, WEEK_MS } from '../domain/time.ts'

/** Weeks learned in one transaction: they share most of the rows that are read. */
const WEEKS_AT_ONCE = 6

/** Learns the oldest stale weeks of a repository. @returns how many marks were done; 0 when none is left */
export async function learnNext(db: Db, repositoryId: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const marks = await takeStaleWeeks(trx, repositoryId, WEEKS_AT_ONCE)
    if (marks.length === 0) return 0
    const weeks = await readWeeksWithFlakes(trx, repositoryId, [...new Set(marks)])
    await learnWeeks(trx, repositoryId, weeks)
    return marks.length
  })
}

/** @param weeks Mondays (`YYYY-MM-DD`), ascending */
async function learnWeeks(db: Db, repositoryId: number, weeks: readonly string[]): Promise<void> {
  const [first, last] = [weeks[0], weeks[weeks.length - 1]]
  if (first === undefined || last === undefined) return
  const from = Date.parse(first) - MODEL_LOOKBACK
  const to = Date.parse(last) + WEEK_MS
  const histories = await readHistories(db, repositoryId, null, [from, to])
  const marks = [
    ...(await learnIncidents(db, repositoryId, weeks, histories)),
    ...(await learnModels(db, repositoryId, weeks, { histories, from, to })),
  ]
  const unique = new Map(marks.map((mark) => [`${mark.job_id}/${mark.changed_at}`, mark]))
  await markVerdicts(db, repositoryId, [...unique.values()])
  const flaky = histories.filter(({ verdicts }) =>
    verdicts.some((verdict) => verdict.flaky && verdict.judgedAt >= Date.parse(first)),
  )
  const jobs = flaky.map((history) => history.job)
  await writeChangePoints(db, repositoryId, jobs)
}

/** Finds the incidents of the weeks. @returns the verdicts that new and former incidents change */
async function learnIncidents(
  db: Db,
  repositoryId: number,
  weeks: readonly string[],
  histories: readonly JobHistory[],
): Promise<StaleVerdict[]> {
  const marks: StaleVerdict[] = []
  for (const week of weeks) {
    const incidents = incidentsIn(histories, Date.parse(week))
    for (const incident of await writeIncidents(db, repositoryId, week, incidents)) {
      const { from, to } = incident
      for (const job_id of jobsIn(incident, histories)) {
        marks.push({ job_id, changed_at: iso(from) }, { job_id, changed_at: iso(to) })
      }
      // A failure can wait weeks for its pass. The flake is dated by the pass but belongs to the failure's incident.
      await markFlakesFailedBetween(db, repositoryId, incident)
    }
  }
  return marks
}

/** Fits the repository model of each week. @returns the flaky verdicts of the weeks whose model changed */
async function learnModels(
  db: Db,
  repositoryId: number,
  weeks: readonly string[],
  { histories, from, to }: { histories: readonly JobHistory[]; from: number; to: number },
): Promise<StaleVerdict[]> {
  const marks: StaleVerdict[] = []
  const began = firstTimeOf(histories, from)
  for (const week of weeks) {
    const start = Date.parse(week)
    // As of this week: incidents found in later weeks would make it depend on what came after it.
    const incidents = await readIncidents(db, repositoryId, [began, to], week)
    const evidence = histories.map((history) => evidenceOf(history, incidents))
    if (!(await writeRepositoryModel(db, repositoryId, week, modelIn(evidence, start)))) continue
    for (const { job, verdicts } of histories) {
      for (const { flaky, judgedAt } of verdicts)
        if (flaky && judgedAt >= start && judgedAt < start + WEEK_MS)
          marks.push({ job_id: job, changed_at: iso(judgedAt) })
    }
  }
  return marks
}

/** Jobs with a result in the incident: their evidence is different now. */
function jobsIn(incident: Incident, histories: readonly JobHistory[]): number[] {
  if (incident.job !== null) return [incident.job]
  const isInside = (at: number) => at >= incident.from && at <= incident.to
  return histories
    .filter(
      ({ verdicts, trunk }) =>
        verdicts.some(({ failedAt, judgedAt }) => isInside(failedAt ?? judgedAt)) ||
        trunk.some((result) => isInside(result.at)),
    )
    .map((history) => history.job)
}
