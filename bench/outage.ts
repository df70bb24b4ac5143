/** Measures whether an outage makes pull requests look guilty, by the labels of the flakes that it caused. */
import { attribute } from '../src/domain/attribution/attribution.ts'
import { SCENARIOS, type Scenario } from '../src/simulate/scenarios.ts'
import { casesOf } from './cases.ts'

export interface OutageResult {
  /** Outages that failed runs of at least 20 pull requests. */
  outages: number
  pullRequests: number
  flakes: number
  /** Flakes in them that were attributed to the pull request. */
  blamed: number
  highest: number
}

const MIN_PULL_REQUESTS = 20

/** Counts over every outage that hits at least 20 pull requests, in histories with seeds from `first`. */
export function tryOutages(first: number, seeds: number): OutageResult {
  const large = SCENARIOS.find((scenario) => scenario.name === 'large') as Scenario
  const scenario = { ...large, outagesPerMonth: 6, outageHours: 6, outageRate: 0.8 }
  const result: OutageResult = { outages: 0, pullRequests: 0, flakes: 0, blamed: 0, highest: 0 }
  for (let seed = first; seed < first + seeds; seed++) {
    const hit = casesOf(scenario, seed, 35).filter(({ cause }) => cause === 'outage')
    for (const inside of groupsOf(hit)) {
      const numbers = new Set(inside.map(({ flakeCase }) => flakeCase.flake.number))
      if (numbers.size < MIN_PULL_REQUESTS) continue
      result.outages++
      result.pullRequests += numbers.size
      for (const { flakeCase } of inside) {
        const { label, probability } = attribute(flakeCase.flake, flakeCase.verdicts, flakeCase.circumstances)
        result.flakes++
        if (label === 'caused_by_pr') result.blamed++
        result.highest = Math.max(result.highest, probability)
      }
    }
  }
  return result
}

/** Groups flakes within half a day of each other into outages. */
function groupsOf<T extends { flakeCase: { flake: { firstFailedAt: number } } }>(hit: readonly T[]): T[][] {
  const sorted = [...hit].sort((a, b) => a.flakeCase.flake.firstFailedAt - b.flakeCase.flake.firstFailedAt)
  const groups: T[][] = []
  let last = Number.NEGATIVE_INFINITY
  for (const entry of sorted) {
    const at = entry.flakeCase.flake.firstFailedAt
    if (at - last > 12 * 3_600_000) groups.push([])
    groups[groups.length - 1]?.push(entry)
    last = at
  }
  return groups
}
