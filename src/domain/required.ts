/** Which jobs count: those in the settings, or those that branch protection required at the time, else all jobs. */
import { matchesGlob } from './glob.ts'
import type { Settings } from './settings.ts'

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

/** Where the list of required jobs comes from; shown beside every figure. */
export type RequiredSource = 'config' | 'protection' | 'all'

/** The part of a job's identity that decides whether it is required. A status has an empty app. */
export interface NamedJob {
  name: string
  app: string
}

/** A period in which a job counted: for every base branch (null), for one with a list, or for all others (`''`). */
export interface RequiredSpan {
  base_ref: string | null
  /** Epoch ms; null is unbounded. */
  from: number | null
  /** Epoch ms, exclusive; null is unbounded. */
  to: number | null
}

export interface Required {
  /** According to the newest lists. */
  source: RequiredSource
  /** What could not be read of branch protection, and which permission to grant; null where everything could. */
  problem: string | null
  /** Names that the newest lists require; empty where the settings use globs or every job counts. */
  declared: string[]
  /** Base branches that have lists. */
  branches: string[]
  /** Whether the job counts, or ever counted, for any base branch. */
  includes(job: NamedJob): boolean
  /** Whether the job counted for a base branch at a time (epoch ms). */
  includesAt(job: NamedJob, baseRef: string | null, at: number): boolean
  /** Where the list that held at a time (epoch ms) comes from. */
  sourceAt(at: number): RequiredSource
  /** When and for which branches the job counted; null where it always did, for all branches. */
  spansOf(job: NamedJob): RequiredSpan[] | null
}

/**
 * The jobs that count.
 * @param lists what the base branches required, in any order
 * @param defaultBranch its list is used for branches that have none
 */
export function requiredBy(
  settings: Settings,
  lists: readonly RequiredList[] = [],
  defaultBranch: string | null = null,
): Required {
  const isIgnored = (name: string) => settings.ignore.some((glob) => matchesGlob(name, glob))
  const { required } = settings
  if (required === 'auto') return byProtection(isIgnored, lists, defaultBranch)
  const counts = ({ name }: NamedJob) => !isIgnored(name) && required.some((glob) => matchesGlob(name, glob))
  return { ...constant('config', counts), declared: required.filter((name) => !/[*?]/.test(name)) }
}

/** A rule that is the same at all times and for all branches. */
function constant(source: RequiredSource, counts: (job: NamedJob) => boolean): Required {
  return {
    source,
    problem: null,
    declared: [],
    branches: [],
    includes: counts,
    includesAt: counts,
    sourceAt: () => source,
    spansOf: (job) => (counts(job) ? null : []),
  }
}

function byProtection(
  isIgnored: (name: string) => boolean,
  lists: readonly RequiredList[],
  defaultBranch: string | null,
): Required {
  const history = new ListHistory(lists, defaultBranch)
  const newest = history.newest()
  const problem = newest.find((list) => list.problem !== null)?.problem ?? null
  // Where nothing was ever required, no list distinguishes one time from another.
  if (lists.every((list) => list.jobs.length === 0))
    return { ...constant('all', ({ name }) => !isIgnored(name)), problem }
  const counts = (job: NamedJob, baseRef: string | null, at: number) =>
    !isIgnored(job.name) &&
    (history.isEmptyAt(at) || history.at(baseRef, at).some((required) => isSatisfiedBy(required, job)))
  const spansOf = (job: NamedJob) => spansWhere(history, (baseRef, at) => counts(job, baseRef, at))
  const sourceAt = (at: number): RequiredSource => (history.isEmptyAt(at) ? 'all' : 'protection')
  const source = sourceAt(Number.POSITIVE_INFINITY)
  const declared = new Set(newest.flatMap((list) => list.jobs.map((job) => job.name)))
  return {
    source,
    problem,
    declared: [...declared].filter((name) => !isIgnored(name)).sort(),
    branches: history.branches,
    includes: (job) => spansOf(job)?.length !== 0,
    includesAt: counts,
    sourceAt,
    spansOf,
  }
}

function isSatisfiedBy(required: RequiredJob, job: NamedJob): boolean {
  if (required.name !== job.name) return false
  return required.app === null || job.app === '' || required.app === job.app
}

type DatedList = RequiredList & { at: number }

/** The lists of every branch over time. */
class ListHistory {
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

/** The spans in which `counts` is true; null where it always is. */
function spansWhere(
  history: ListHistory,
  counts: (baseRef: string | null, at: number) => boolean,
): RequiredSpan[] | null {
  const starts = [Number.NEGATIVE_INFINITY, ...history.changes]
  const spans: RequiredSpan[] = []
  starts.forEach((start, i) => {
    const branches = [...history.branches, ''].filter((branch) =>
      counts(branch === '' ? null : branch, start),
    )
    const isEverywhere = branches.length === history.branches.length + 1
    const period = { from: i === 0 ? null : start, to: starts[i + 1] ?? null }
    for (const base_ref of isEverywhere ? [null] : branches) addSpan(spans, { base_ref, ...period })
  })
  const [first, second] = spans
  const isAlways = first && !second && first.base_ref === null && first.from === null && first.to === null
  return isAlways ? null : spans
}

/** Adds a span, or extends the one that it continues. */
function addSpan(spans: RequiredSpan[], span: RequiredSpan): void {
  const previous = spans.find(
    ({ base_ref, to }) => base_ref === span.base_ref && to !== null && to === span.from,
  )
  if (previous) previous.to = span.to
  else spans.push(span)
}
