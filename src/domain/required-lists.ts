/** What base branches required over time, as branch protection and rulesets said. */

/** A job that must pass before merge, as named by branch protection or a ruleset. */
export interface RequiredJob {
  name: string
  /** Slug of the app that has to report it; null where any app may, or where its slug is unknown. */
  app: string | null
  /** GitHub's id of that app. */
  integration_id: number | null
}

/** What a base branch required from some time on. The first list of a branch also holds for the time before it. */
export interface RequiredList {
  base_ref: string
  valid_from: string
  jobs: RequiredJob[]
  /** What could not be read, and which permission to grant; null where everything could. */
  problem: string | null
}

type DatedList = RequiredList & { at: number }

/** The lists of every branch over time. */
export class ListHistory {
  readonly branches: string[]
  /** Every time (epoch ms) at which a list replaced another, oldest first. */
  readonly changes: number[]
  private readonly byBranch: ReadonlyMap<string, readonly DatedList[]>
  private readonly defaultBranch: string | null

  constructor(lists: readonly RequiredList[], defaultBranch: string | null) {
    this.defaultBranch = defaultBranch
    const dated = lists.map((list) => ({ ...list, at: Date.parse(list.valid_from) }))
    const sorted = dated.sort((a, b) => a.at - b.at)
    this.byBranch = Map.groupBy(sorted, (list) => list.base_ref)
    this.branches = [...this.byBranch.keys()].sort()
    const replacements = [...this.byBranch.values()].flatMap((ofBranch) => ofBranch.slice(1))
    this.changes = [...new Set(replacements.map((list) => list.at))].sort((a, b) => a - b)
  }

  /** Since when (epoch ms) the lists are known; null without lists. The default branch decides, else the oldest list. */
  get knownFrom(): number | null {
    const firsts = [...this.byBranch.values()].flatMap((ofBranch) => ofBranch[0]?.at ?? [])
    const ofDefault = this.byBranch.get(this.defaultBranch ?? '')?.[0]?.at
    return ofDefault ?? (firsts.length === 0 ? null : Math.min(...firsts))
  }

  newest(): RequiredList[] {
    return [...this.byBranch.values()].flatMap((ofBranch) => ofBranch.slice(-1))
  }

  /** What a branch required. A branch without lists is treated like the default branch, or like all branches together. */
  at(baseRef: string | null, at: number): RequiredJob[] {
    const ofBranch = this.byBranch.get(baseRef ?? '') ?? this.byBranch.get(this.defaultBranch ?? '')
    if (ofBranch) return listAt(ofBranch, at).jobs
    return [...this.byBranch.values()].flatMap((lists) => listAt(lists, at).jobs)
  }

  /** Whether no branch required anything at that time. */
  isEmptyAt(at: number): boolean {
    return [...this.byBranch.values()].every((ofBranch) => listAt(ofBranch, at).jobs.length === 0)
  }
}

function listAt(lists: readonly DatedList[], at: number): RequiredList {
  return (lists.findLast((list) => list.at <= at) ?? lists[0]) as RequiredList
}
