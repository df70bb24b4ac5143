/** The evidence about one flake: which verdicts of its job count as independent observations, and how many there are. */
import { DAY_MS } from '../time.ts'

/** What the probability was computed from; stored with the flake and shown beside it. */
export interface Evidence {
  /** This pull request: x flaky of m verdicts of the job. */
  x: number
  m: number
  /** Others in the window: k flaky of n verdicts, trunk included. */
  k: number
  n: number
  /** Distinct other pull requests among the k, and up to five of them to link to. */
  other_prs: number
  seen_on: number[]
  /** Of k and n, those on trunk or in a merge queue. */
  trunk_k: number
  trunk_n: number
  /** Prior probability of a fault. */
  prior: number
  changed: Changed
  /** Up to five pull requests that share code with this one, and whose verdicts are therefore left out. */
  related: { number: number; how: Relation }[]
  /** Whether it was merged within the window, so that its fault would show on others. */
  merged: boolean
  /** Days of the window: 28 before the flake and 7 after it. */
  window_days: number
}

/** What kind of files the pull request changes, from the job's point of view. */
export type Changed = 'docs' | 'tests' | 'workflow' | 'code' | 'unknown'

/** A verdict as evidence. */
export interface EvidenceVerdict {
  headSha: string
  /** Pull request; null for trunk. */
  number: number | null
  flaky: boolean
  /** Epoch ms. */
  judgedAt: number
  /** Epoch ms of the first failure of a flaky verdict. */
  failedAt: number | null
  /** The incident during which it failed, or passed; null outside of incidents. */
  incident: IncidentShare | null
  /** The correction of a flaky verdict by a person. */
  correction?: 'mine' | 'not_mine'
}

/** A verdict of a pull request, not of trunk. */
export type PullRequestVerdict = EvidenceVerdict & { number: number }

/** An incident, as far as evidence needs it. */
export interface IncidentShare {
  id: string
  /** Share of the results in it that failed. */
  rate: number
}

/**
 * How two pull requests share code. `base`: it is stacked on the other. `top`: the other is stacked on it. `reland`: both
 * land the same change. `revert`: one reverts the other. `author`: both have one author, where the settings say that this
 * makes them dependent.
 */
export type Relation = 'base' | 'top' | 'reland' | 'revert' | 'author'

export interface FlakeToJudge {
  number: number
  headSha: string
  /** Epoch ms. */
  flakedAt: number
}

/** How far from a flake (ms) a verdict can be and still be evidence for it. */
export const EVIDENCE_REACH = { before: 28 * DAY_MS, after: 7 * DAY_MS }
const MAX_FLAKY_PER_PULL_REQUEST = 3

/** The verdicts about one flake, by the role they play. */
export interface SelectedEvidence {
  own: readonly EvidenceVerdict[]
  others: readonly EvidenceVerdict[]
  /** Verdicts of each pull request that shares code with this one. */
  related: ReadonlyMap<number, readonly EvidenceVerdict[]>
}

/** Selects the evidence about a flake. @param verdicts of its job, oldest first */
export function selectEvidence(
  flake: FlakeToJudge,
  verdicts: readonly EvidenceVerdict[],
  related: ReadonlyMap<number, Relation>,
): SelectedEvidence {
  const inWindow = verdicts.filter(({ judgedAt }) => isInWindow(judgedAt, flake.flakedAt))
  const isRelated = (verdict: EvidenceVerdict): verdict is PullRequestVerdict =>
    verdict.number !== null && related.has(verdict.number)
  return {
    own: inWindow.filter(({ number }) => number === flake.number),
    others: independentOf(
      inWindow.filter((verdict) => verdict.number !== flake.number && !isRelated(verdict)),
    ),
    related: Map.groupBy(inWindow.filter(isRelated), ({ number }) => number),
  }
}

function isInWindow(at: number, flakedAt: number): boolean {
  return at >= flakedAt - EVIDENCE_REACH.before && at < flakedAt + EVIDENCE_REACH.after
}

/** Leaves out the verdicts that repeat an observation, or that a person attributed to their own pull request. */
function independentOf(verdicts: readonly EvidenceVerdict[]): EvidenceVerdict[] {
  const flakyCounts = new Map<number, number>()
  const incidents = new Set<string>()
  return verdicts.filter(({ number, flaky, incident, correction }) => {
    if (correction === 'mine') return false
    if (flaky && incident) {
      // However many verdicts it hit, one incident is one observation.
      const isFirst = !incidents.has(incident.id)
      incidents.add(incident.id)
      return isFirst
    }
    if (!flaky || number === null) return true
    // A single broken pull request must not set the job's base rate.
    const count = (flakyCounts.get(number) ?? 0) + 1
    flakyCounts.set(number, count)
    return count <= MAX_FLAKY_PER_PULL_REQUEST
  })
}

/** The counts of the other verdicts that are stored with the flake. */
export function countOthers(
  others: readonly EvidenceVerdict[],
): Pick<Evidence, 'k' | 'n' | 'other_prs' | 'seen_on' | 'trunk_k' | 'trunk_n'> {
  const flaky = others.filter((verdict) => verdict.flaky)
  const numbers = [...new Set(flaky.flatMap(({ number }) => number ?? []))]
  return {
    k: flaky.length,
    n: others.length,
    other_prs: numbers.length,
    seen_on: numbers.sort((a, b) => b - a).slice(0, 5),
    trunk_k: flaky.filter(({ number }) => number === null).length,
    trunk_n: others.filter(({ number }) => number === null).length,
  }
}

/** The moment (epoch ms) that a verdict is evidence about: its failure, else its pass. */
export function timeOf({ failedAt, judgedAt }: Pick<EvidenceVerdict, 'failedAt' | 'judgedAt'>): number {
  return failedAt === null ? judgedAt : Math.min(failedAt, judgedAt)
}
