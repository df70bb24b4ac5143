/** The cases of the benchmark: every flake of a simulated history with its evidence and the truth. */

import type { EvidenceVerdict, Relation } from '../src/domain/attribution/evidence.ts'
import { relatedOf } from '../src/domain/attribution/related.ts'
import type { RepositoryModel } from '../src/domain/attribution/repository-model.ts'
import { evidenceOf, incidentsIn, type JobHistory, modelIn, weekOf } from '../src/domain/attribution/week.ts'
import { DAY_MS, WEEK_MS } from '../src/domain/time.ts'
import type { Cause } from '../src/simulate/runs.ts'
import type { Scenario } from '../src/simulate/scenarios.ts'
import { type Simulation, simulate } from '../src/simulate/simulate.ts'
import type { Case } from './published-rules.ts'

export interface KnownCase {
  flakeCase: Case
  causedByPr: boolean
  /** The cause of its first failure. */
  cause: Cause
  limit: number
  window: string
}

/** All flakes of one simulated history. */
export function casesOf(scenario: Scenario, seed: number, days: number): KnownCase[] {
  const from = Date.UTC(2026, 0, 5)
  const simulation = simulate(scenario, { seed, days, from, repository: `example-org/${scenario.name}` })
  const histories = historiesOf(simulation)
  const weeks = Array.from({ length: Math.ceil(days / 7) }, (_, i) => from + i * WEEK_MS)
  const incidents = weeks.flatMap((week) => incidentsIn(histories, week))
  const byJob = histories.map((history) => evidenceOf(history, incidents))
  const models = new Map(weeks.map((week) => [week, modelIn(byJob, week)]))
  const pullRequests = new Map(
    simulation.plan.pullRequests.map((pullRequest) => [pullRequest.number, pullRequest]),
  )
  return simulation.flakes.map(({ verdict, causedByPr, limit }) => {
    const week = Math.floor((verdict.judgedAt - from) / WEEK_MS)
    const model = models.get(weekOf(verdict.judgedAt)) as RepositoryModel
    const own = pullRequests.get(verdict.number)
    if (!own) throw new Error(`no pull request ${verdict.number}`)
    const around = ({ judgedAt }: EvidenceVerdict) =>
      judgedAt >= verdict.judgedAt - 28 * DAY_MS && judgedAt < verdict.judgedAt + 7 * DAY_MS
    const flakeCase: Case = {
      flake: {
        number: verdict.number,
        headSha: verdict.headSha,
        flakedAt: verdict.judgedAt,
        firstFailedAt: verdict.firstFailedAt ?? verdict.judgedAt,
      },
      verdicts: (byJob[verdict.job] as EvidenceVerdict[]).filter(around),
      pullRequest: own,
      circumstances: {
        model,
        related: relatedTo(simulation, verdict.number),
        changed: 'unknown',
        mergedAt: own.merged ? own.closedAt : null,
      },
      jobs: byJob.map((list) => {
        const inside = list.filter(around)
        return { k: inside.filter((other) => other.flaky).length, n: inside.length }
      }),
    }
    return {
      flakeCase,
      causedByPr,
      cause: verdict.causes[0] ?? 'base rate',
      limit,
      window: `${scenario.name}/${seed}/${week}`,
    }
  })
}

/** The verdicts of each job. */
function historiesOf({ plan, verdicts, runs }: Simulation): JobHistory[] {
  return plan.jobs.map(({ index }) => {
    const results = runs.filter(
      (run) => run.job === index && run.number === null && run.outcome !== 'aborted',
    )
    return {
      job: index,
      verdicts: verdicts
        .filter((verdict) => verdict.job === index)
        .flatMap(({ headSha, number, flaky, judgedAt, firstFailedAt }) => {
          return number === null ? [] : [{ headSha, number, flaky, judgedAt, failedAt: firstFailedAt }]
        }),
      trunk: results.map(({ headSha, completedAt, outcome }) => {
        return { headSha, at: completedAt, passed: outcome === 'pass', failed: outcome === 'fail' }
      }),
    }
  })
}

/** Related pull requests, by base branch and title: its stack in both directions, reverts and relands. */
function relatedTo({ plan }: Simulation, number: number): Map<number, Relation> {
  return (
    relatedOf(
      plan.pullRequests.map(({ number, title, headRef, baseRef }) => ({ number, title, headRef, baseRef })),
    ).get(number) ?? new Map()
  )
}
