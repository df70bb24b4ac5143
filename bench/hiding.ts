/**
 * The benchmark on real histories, where the truth is unknown. Each flake is judged from the evidence at that time and compared
 * with the following week. If other pull requests flaked in the job and the pull request's own later heads did not, the job was
 * the cause. If only its own later heads flaked, the pull request was. All other flakes are left out.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readDeliveries } from '../src/cli/deliveries.ts'
import { openDatabase } from '../src/db/client.ts'
import { readHistories } from '../src/db/evidence.ts'
import { migrate } from '../src/db/migrate.ts'
import { deriveAll } from '../src/derive/derive.ts'
import { NO_CIRCUMSTANCES } from '../src/domain/attribution/attribution.ts'
import type { EvidenceVerdict } from '../src/domain/attribution/evidence.ts'
import { evidenceOf, incidentsIn, type JobHistory, modelIn, weekOf } from '../src/domain/attribution/week.ts'
import { DEFAULT_SETTINGS } from '../src/domain/settings.ts'
import { DAY_MS, WEEK_MS } from '../src/domain/time.ts'
import { createRecorder } from '../src/intake/record.ts'
import type { Case, Rule } from './published-rules.ts'
import { type Answer, labelAt } from './scores.ts'

export interface Hidden {
  repositories: number
  flakes: number
  /** Flakes whose cause the following week shows. */
  decided: number
  answers: Map<string, Answer[]>
}

/** The rules' answers for every flake in a folder's recorded deliveries (`*.ndjson`, `*.ndjson.gz`). */
export async function hide(folder: string, rules: readonly Rule[]): Promise<Hidden> {
  const result: Hidden = { repositories: 0, flakes: 0, decided: 0, answers: new Map() }
  const files = (await readdir(folder)).filter((name) => /\.ndjson(\.gz)?$/.test(name)).sort()
  for (const file of files) {
    for (const histories of await historiesIn(join(folder, file))) {
      result.repositories++
      hideIn(histories, rules, result)
    }
  }
  return result
}

/** The verdicts of each job, for each repository in a file. */
async function historiesIn(file: string): Promise<JobHistory[][]> {
  const database = await openDatabase('memory')
  try {
    const { db } = database
    await migrate(db)
    const { record } = createRecorder(db, { now: () => 0, tasks: false })
    const deliveriesSent: Promise<unknown>[] = []
    for await (const line of readDeliveries(file))
      if ('delivery' in line) deliveriesSent.push(record(line.delivery))
    await Promise.all(deliveriesSent)
    await deriveAll(db, { settingsOf: async () => DEFAULT_SETTINGS, now: Date.now() })
    const repositories = await db.selectFrom('repository').select('repository_id').execute()
    const found: JobHistory[][] = []
    for (const { repository_id } of repositories)
      found.push(await readHistories(db, repository_id, null, [0, Date.now()]))
    return found
  } finally {
    await database.close()
  }
}

function hideIn(histories: readonly JobHistory[], rules: readonly Rule[], result: Hidden): void {
  for (const history of histories) {
    for (const flake of history.verdicts.filter((verdict) => verdict.flaky)) {
      result.flakes++
      const causedByPr = whatCameOut(history, flake)
      if (causedByPr === null) continue
      result.decided++
      const flakeCase = caseOf(histories, history, flake)
      for (const rule of rules) {
        const judgement = rule.judge(flakeCase)
        const list = result.answers.get(rule.name) ?? []
        result.answers.set(rule.name, list)
        list.push({ label: labelAt(judgement.probability), ...judgement, causedByPr, window: '' })
      }
    }
  }
}

type Flake = JobHistory['verdicts'][number]

function whatCameOut({ verdicts }: JobHistory, flake: Flake): boolean | null {
  const after = verdicts.filter(
    (verdict) => verdict.judgedAt > flake.judgedAt && verdict.judgedAt <= flake.judgedAt + WEEK_MS,
  )
  const own = after.filter((verdict) => verdict.number === flake.number)
  const others = after.filter((verdict) => verdict.number !== flake.number)
  const [flakedAgain, elsewhere] = [
    own.some((verdict) => verdict.flaky),
    others.some((verdict) => verdict.flaky),
  ]
  if (flakedAgain === elsewhere || others.length === 0) return null
  return flakedAgain
}

/** The case with the evidence at the time of the flake only. */
function caseOf(histories: readonly JobHistory[], { job }: JobHistory, flake: Flake): Case {
  const until = flake.judgedAt
  const earlier = histories.map((history) => ({
    ...history,
    verdicts: history.verdicts.filter(({ judgedAt }) => judgedAt <= until && judgedAt >= until - 70 * DAY_MS),
    trunk: history.trunk.filter(({ at }) => at <= until && at >= until - 70 * DAY_MS),
  }))
  const week = weekOf(until)
  const weeks = Array.from({ length: 6 }, (_, i) => week - i * WEEK_MS)
  const incidents = weeks.flatMap((start) => incidentsIn(earlier, start))
  const byJob = earlier.map((history) => evidenceOf(history, incidents))
  const around = (list: readonly EvidenceVerdict[]) =>
    list.filter((verdict) => verdict.judgedAt >= until - 28 * DAY_MS)
  const own = byJob[earlier.findIndex((history) => history.job === job)] ?? []
  return {
    flake: { ...flake, flakedAt: until, firstFailedAt: flake.failedAt ?? until },
    verdicts: around(own),
    pullRequest: { heads: [], merged: false },
    circumstances: { ...NO_CIRCUMSTANCES, model: modelIn(byJob, week) },
    jobs: byJob.map((list) => {
      const inside = around(list)
      return { k: inside.filter((verdict) => verdict.flaky).length, n: inside.length }
    }),
  }
}
