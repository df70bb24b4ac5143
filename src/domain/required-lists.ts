/** What base branches required over time, as branch protection and rulesets said. */

/** A job that must pass before merge, as named by branch protection or a ruleset. */
export interface RequiredJob {
  name: string
  /** Slug of the app that has to report it; null where any app may, or where its slug is unknown. */
  app: string | null
  /** GitHub's id of that app. */
  integration_id: number | null
  /** Only pull requests said so: neither a ruleset nor classic protection named it. */
  from_pull_request?: true
}

/** What a base branch required from some time on. The first list of a branch also holds for the time before it. */
export interface RequiredList {
  base_ref: string
  valid_from: string
  /** Null where it could not be read from then on: the list before stays in force. */
  jobs: RequiredJob[] | null
  /** What could not be read, and which permission to grant; null where everything could. */
  problem: string | null
}

/** What GitHub showed of a branch's requirements. */
export interface RulesReading {
  /** From rulesets and classic protection. */
  rules: RequiredJob[]
  /** Whether both could be read. */
  isComplete: boolean
  /** Names that pull requests require; null where that is unknown. */
  onPullRequests: string[] | null
  /** Whether there was a pull request to ask about. */
  hasPullRequests: boolean
  problem: string | null
}

/**
 * The jobs that are required after a reading; null where nothing certain was read. What could not be seen is taken from the list
 * before, so an answer that is missing or incomplete only adds jobs.
 */
export function jobsAfter(before: readonly RequiredJob[], reading: RulesReading): RequiredJob[] | null {
  const { rules, isComplete, onPullRequests, hasPullRequests } = reading
  const jobs = [...rules]
  const add = (job: RequiredJob) => {
    if (!jobs.some(({ name }) => name === job.name)) jobs.push(job)
  }
  if (!isComplete) for (const job of before) if (!job.from_pull_request) add(job)
  const fromPullRequests: RequiredJob[] =
    onPullRequests?.map((name) => ({ name, app: null, integration_id: null, from_pull_request: true })) ??
    before.filter((job) => job.from_pull_request)
  for (const job of fromPullRequests) add(job)
  if (jobs.length > 0) return jobs
  // Nothing is required for certain: rules were seen to be removed, or no pull request contradicts them.
  const isCertain = isComplete && (before.length > 0 || onPullRequests !== null || !hasPullRequests)
  return isCertain ? [] : null
}

type DatedList = RequiredList & { at: number; jobs: RequiredJob[] }

/** The lists of every branch over time. */
export class ListHistory {
  readonly branches: string[]
  /** Every time (epoch ms) at which a list replaced another, oldest first. */
  readonly changes: number[]
  private readonly byBranch: ReadonlyMap<string, readonly DatedList[]>
  private readonly defaultBranch: string | null
  /** What could not be read of the newest requirements; null where everything could. */
  readonly problem: string | null

  constructor(lists: readonly RequiredList[], defaultBranch: string | null) {
    this.defaultBranch = defaultBranch
    const dated = lists.map((list) => ({ ...list, at: Date.parse(list.valid_from) }))
    const sorted = dated.sort((a, b) => a.at - b.at)
    const newest = [...Map.groupBy(sorted, (list) => list.base_ref).values()].map((all) => all.at(-1))
    this.problem = newest.find((list) => list && list.problem !== null)?.problem ?? null
    const known = sorted.flatMap(({ jobs, ...list }) => (jobs === null ? [] : [{ ...list, jobs }]))
    this.byBranch = Map.groupBy(known, (list) => list.base_ref)
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

  newest(): DatedList[] {
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

function listAt(lists: readonly DatedList[], at: number): DatedList {
  return (lists.findLast((list) => list.at <= at) ?? lists[0]) as DatedList
}
