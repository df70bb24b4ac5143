/**
 * Learns: finds the incidents, the repository model and the changes of flake rates of each stale week, and marks the verdicts
 * that they change. What is stored depends on the facts alone, in whatever order and pieces they arrived.
 */
import { writeChangePoints } from '../db/change-points.ts'
import {
  deleteRepositoryModels,
  readHistories,
  readIncidents,
  readJudgedSpan,
  readWeeksWithFlakes,
  readWeeksWithIncidents,
  type Span,
  writeIncidents,
  writeRepositoryModel,
} from '../db/evidence.ts'
import { lockRepository } from '../db/locks.ts'
import type { Db } from '../db/schema.ts'
import {
  markFlakesFailedBetween,
  markVerdicts,
  markWeeks,
  type StaleVerdict,
  takeStaleWeeks,
} from '../db/stale.ts'
import { blocksAround } from '../domain/attribution/change-point.ts'
import type { Incident } from '../domain/attribution/incident.ts'
import {
  evidenceOf,
  firstTimeOf,
  incidentsIn,
  type JobHistory,
  MODEL_LOOKBACK,
  modelIn,
  weeksLearningFrom,
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
    await learnWeeks(trx, repositoryId, [...new Set(marks)].sort())
    return marks.length
  })
}

/** @param weeks Mondays (`YYYY-MM-DD`), ascending */
async function learnWeeks(db: Db, repositoryId: number, weeks: readonly string[]): Promise<void> {
  const flaky = await readWeeksWithFlakes(db, repositoryId, weeks)
  await deleteRepositoryModels(
    db,
    repositoryId,
    weeks.filter((week) => !flaky.includes(week)),
  )
  const withIncidents = await readWeeksWithIncidents(db, repositoryId, weeks)
  const learned = weeks.filter((week) => flaky.includes(week) || withIncidents.includes(week))
  const changed = await learnFlakyWeeks(db, repositoryId, { learned, flaky })
  const first = Math.min(Date.parse(weeks[0] ?? ''), ...changed.map(([from]) => from))
  const last = Math.max(Date.parse(weeks.at(-1) ?? '') + WEEK_MS, ...changed.map(([, to]) => to))
  await writeChangePoints(db, repositoryId, blocksAround(first, last))
}

/**
 * @param learned the weeks with flakes, and those with incidents from a time when they had some; ascending
 * @returns when (epoch ms) flakes were judged that now belong to another incident, or to none
 */
async function learnFlakyWeeks(
  db: Db,
  repositoryId: number,
  { learned, flaky }: { learned: readonly string[]; flaky: readonly string[] },
): Promise<Span[]> {
  const [first, last] = [learned[0], learned.at(-1)]
  if (first === undefined || last === undefined) return []
  const from = Date.parse(first) - MODEL_LOOKBACK
  const to = Date.parse(last) + WEEK_MS
  const histories = await readHistories(db, repositoryId, null, [from, to])
  const incidents = await learnIncidents(db, repositoryId, { learned, flaky, histories })
  const marks = [...incidents.marks, ...(await learnModels(db, repositoryId, flaky, { histories, from, to }))]
  const unique = new Map(marks.map((mark) => [`${mark.job_id}/${mark.changed_at}`, mark]))
  await markVerdicts(db, repositoryId, [...unique.values()])
  return incidents.judged
}

/**
 * Finds the incidents of the weeks.
 * @returns the verdicts that new and former incidents change, and when (epoch ms) their flakes were judged
 */
async function learnIncidents(
  db: Db,
  repositoryId: number,
  {
    learned,
    flaky,
    histories,
  }: { learned: readonly string[]; flaky: readonly string[]; histories: readonly JobHistory[] },
): Promise<{ marks: StaleVerdict[]; judged: Span[] }> {
  const marks: StaleVerdict[] = []
  const judged: Span[] = []
  for (const week of learned) {
    const incidents = flaky.includes(week) ? incidentsIn(histories, Date.parse(week)) : []
    const changed = await writeIncidents(db, repositoryId, week, incidents)
    for (const incident of changed) {
      const { from, to } = incident
      for (const job_id of jobsIn(incident, histories)) {
        marks.push({ job_id, changed_at: iso(from) }, { job_id, changed_at: iso(to) })
      }
      // A failure can wait weeks for its pass. The flake is dated by the pass but belongs to the failure's incident.
      await markFlakesFailedBetween(db, repositoryId, incident)
      judged.push((await readJudgedSpan(db, repositoryId, incident)) ?? [from, to])
    }
    if (changed.length > 0) await markLaterWeeks(db, repositoryId, week, learned)
  }
  return { marks, judged }
}

/** The models of later weeks are fitted to verdicts outside of incidents. Those learned now come after the incidents anyway. */
async function markLaterWeeks(
  db: Db,
  repositoryId: number,
  week: string,
  learned: readonly string[],
): Promise<void> {
  const later = weeksLearningFrom(Date.parse(week)).filter((at) => !learned.includes(iso(at).slice(0, 10)))
  await markWeeks(db, repositoryId, later)
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
