/** Makes the questions of the benchmark: every flake of a simulated history with what a rule may look at, and the truth. */
import type { EvidenceVerdict, Kin } from '../src/domain/attribution.ts'
import { findIncidents, type Incident, incidentAt, type Sign } from '../src/domain/incident.ts'
import { kinOf } from '../src/domain/kin.ts'
import { gather } from '../src/domain/sighting.ts'
import { trunkVerdicts } from '../src/domain/trunk.ts'
import { estimateWorld, type World } from '../src/domain/world.ts'
import type { Scenario } from '../src/simulate/scenarios.ts'
import { type Simulation, simulate } from '../src/simulate/simulate.ts'
import type { Case } from './published-rules.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY

export interface Question {
  one: Case
  causedByPr: boolean
  limit: number
  window: string
}

/** All flakes of one simulated history. */
export function questionsOf(scenario: Scenario, seed: number, days: number): Question[] {
  const from = Date.UTC(2026, 0, 5)
  const simulation = simulate(scenario, { seed, days, from, repository: `example-org/${scenario.name}` })
  const byJob = groupByJob(simulation)
  const worlds = new Map<number, World>()
  const pullRequests = new Map(simulation.plan.pullRequests.map((one) => [one.number, one]))
  return simulation.flakes.map(({ verdict, causedByPr, limit }) => {
    const week = Math.floor((verdict.judgedAt - from) / WEEK)
    const world = worlds.get(week) ?? worldOf(byJob, from + week * WEEK)
    worlds.set(week, world)
    const own = pullRequests.get(verdict.number)
    if (!own) throw new Error(`no pull request ${verdict.number}`)
    const around = (one: EvidenceVerdict) =>
      one.judgedAt >= verdict.judgedAt - 28 * DAY && one.judgedAt < verdict.judgedAt + 7 * DAY
    const one: Case = {
      flake: {
        number: verdict.number,
        headSha: verdict.headSha,
        flakedAt: verdict.judgedAt,
        firstFailedAt: verdict.firstFailedAt ?? verdict.judgedAt,
      },
      verdicts: (byJob[verdict.job] as EvidenceVerdict[]).filter(around),
      pullRequest: own,
      circumstances: {
        world,
        related: relatedTo(simulation, verdict.number),
        changed: 'unknown',
        mergedAt: own.merged ? own.closedAt : null,
      },
      jobs: byJob.map((list) => {
        const inside = list.filter(around)
        return { k: inside.filter((other) => other.flaky).length, n: inside.length }
      }),
    }
    return { one, causedByPr, limit, window: `${scenario.name}/${seed}/${week}` }
  })
}

/** Verdicts of each job, trunk's among them, each with the incident it falls into. */
function groupByJob({ plan, verdicts, runs }: Simulation): EvidenceVerdict[][] {
  const signs: Sign[] = verdicts.map(({ job, number, flaky, judgedAt, firstFailedAt }) => ({
    at: firstFailedAt ?? judgedAt,
    job,
    number,
    failed: flaky,
  }))
  for (const { number, outcome, job, completedAt } of runs) {
    if (number === 0 && outcome === 'fail') signs.push({ at: completedAt, job, number, failed: true })
  }
  const incidents = process.env.NO_INCIDENTS ? [] : findIncidents(signs)
  return plan.jobs.map(({ index }) => {
    const own = verdicts.filter((one) => one.job === index && one.number !== 0)
    const list = own.map(({ headSha, number, flaky, judgedAt, firstFailedAt }) => ({
      ...{ headSha, number, flaky, judgedAt, failedAt: firstFailedAt },
      incident: shareOf(incidents, index, firstFailedAt ?? judgedAt),
    }))
    const results = runs.filter((run) => run.job === index && run.number === 0 && run.outcome !== 'aborted')
    const trunk = trunkVerdicts(
      results.map(({ headSha, completedAt, outcome }) => {
        return { headSha, at: completedAt, passed: outcome === 'pass', failed: outcome === 'fail' }
      }),
    )
    for (const one of trunk) {
      list.push({ ...one, number: 0, incident: shareOf(incidents, index, one.judgedAt) })
    }
    return list.sort((a, b) => a.judgedAt - b.judgedAt || (a.headSha < b.headSha ? -1 : 1))
  })
}

function shareOf(incidents: readonly Incident[], job: number, at: number) {
  const one = incidentAt(incidents, job, at)
  return one ? { id: `${one.job}@${one.from}`, rate: one.rate } : null
}

/** Its stack, up and down, and its reverts and relands, as base branches and titles tell them. */
function relatedTo({ plan }: Simulation, number: number): Map<number, Kin> {
  return (
    kinOf(
      plan.pullRequests.map(({ number, title, headRef, baseRef }) => ({ number, title, headRef, baseRef })),
    ).get(number) ?? new Map()
  )
}

function worldOf(byJob: readonly EvidenceVerdict[][], week: number): World {
  const from = week - 28 * DAY
  const to = week + 14 * DAY
  const stepOf = (at: number) => Math.floor((at - from) / DAY)
  return estimateWorld(
    byJob.map((list) => {
      const inside = list.filter((one) => one.judgedAt >= from && one.judgedAt < to)
      const sightings = inside.map((one) => ({
        number: one.number,
        step: Math.max(0, stepOf(Math.min(one.failedAt ?? one.judgedAt, one.judgedAt))),
        flaky: one.flaky,
        excused: one.incident !== null,
      }))
      return gather(
        sightings.filter((one) => !(one.excused && one.flaky)),
        42,
      )
    }),
  )
}
