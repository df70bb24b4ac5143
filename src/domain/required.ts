/** Which jobs count: those that the settings name, or that protection of the base branch required at the time, else all. */
import { matchesGlob } from './glob.ts'
import type { Settings } from './settings.ts'

/** A job that must pass before merge, as branch protection or a ruleset names it. */
export interface RequiredJob {
  name: string
  /** Slug of the app that has to report it; null where any may, or where the app is not known by its slug. */
  app: string | null
  /** GitHub's id of that app. */
  integration_id: number | null
}

/** What a base branch required from a time on; the first list of a branch is taken to have held before, too. */
export interface RequiredList {
  base_ref: string
  valid_from: string
  jobs: RequiredJob[]
  /** What could not be read, and what to grant. */
  problem: string | null
}

/** Where the list of required jobs came from: shown beside every figure. */
export type RequiredSource = 'config' | 'protection' | 'all'

/** A job, as far as a required one is told by it. Statuses have no app, and fit any. */
export interface NamedJob {
  name: string
  app: string
}

/** A span in which a job counted: for every base branch, for one of those known, or (`''`) for all others. */
export interface RequiredSpan {
  base_ref: string | null
  /** Epoch ms; null stands for ever. */
  from: number | null
  to: number | null
}

export interface Required {
  /** As of the newest lists. */
  source: RequiredSource
  /** What could not be read of branch protection, and what to grant; null where all could. */
  problem: string | null
  /** Names that the newest lists require; empty where the settings name globs, or every job counts. */
  declared: string[]
  /** Base branches with lists of their own. */
  branches: string[]
  /** Whether the job counts, or once counted, for any base branch. */
  includes(job: NamedJob): boolean
  /** Whether the job counted for a base branch at a time (epoch ms). */
  includesAt(job: NamedJob, baseRef: string | null, at: number): boolean
  /** Where the list of that time came from. */
  sourceAt(at: number): RequiredSource
  /** When and for which branches the job counted; null where it always did, everywhere. */
  spansOf(job: NamedJob): RequiredSpan[] | null
}

/**
 * The jobs that count under a settings.
 * @param lists what the base branches required, in any order
 * @param defaultBranch its list stands in for branches that have none of their own
 */
export function requiredBy(
  settings: Settings,
  lists: readonly RequiredList[] = [],
  defaultBranch: string | null = null,
): Required {
  const ignored = (name: string) => settings.ignore.some((glob) => matchesGlob(name, glob))
  const { required } = settings
  if (required === 'auto') return byProtection(ignored, lists, defaultBranch)
  const counts = ({ name }: NamedJob) => !ignored(name) && required.some((glob) => matchesGlob(name, glob))
  return {
    ...timeless('config', counts),
    declared: required.filter((name) => !/[*?]/.test(name)),
  }
}

function timeless(source: RequiredSource, counts: (job: NamedJob) => boolean): Required {
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
  ignored: (name: string) => boolean,
  lists: readonly RequiredList[],
  defaultBranch: string | null,
): Required {
  const history = new History(lists, defaultBranch)
  const problem = history.newest().find((list) => list.problem !== null)?.problem ?? null
  // Nothing was ever required anywhere: no list can tell one time from another.
  if (lists.every((list) => list.jobs.length === 0))
    return { ...timeless('all', ({ name }) => !ignored(name)), problem }
  const counts = (job: NamedJob, baseRef: string | null, at: number) =>
    !ignored(job.name) && (history.isEmptyAt(at) || history.at(baseRef, at).some((one) => fits(one, job)))
  const spansOf = (job: NamedJob) => spans(history, (baseRef, at) => counts(job, baseRef, at))
  const sourceAt = (at: number): RequiredSource => (history.isEmptyAt(at) ? 'all' : 'protection')
  const source = sourceAt(Number.POSITIVE_INFINITY)
  const declared = history.newest().flatMap((list) => list.jobs.map((job) => job.name))
  return {
    source,
    problem,
    declared: source === 'all' ? [] : [...new Set(declared)].filter((name) => !ignored(name)).sort(),
    branches: history.branches,
    includes: (job) => spansOf(job)?.length !== 0,
    includesAt: counts,
    sourceAt,
    spansOf,
  }
}

function fits(required: RequiredJob, job: NamedJob): boolean {
  if (required.name !== job.name) return false
  return required.app === null || job.app === '' || required.app === job.app
}

/** The lists of every branch, by time. */
class History {
  readonly branches: string[]
  /** Every time at which some list changed, oldest first. */
  readonly changes: number[]
  private readonly lists = new Map<string, (RequiredList & { at: number })[]>()
  private readonly defaultBranch: string | null

  constructor(lists: readonly RequiredList[], defaultBranch: string | null) {
    this.defaultBranch = defaultBranch
    const dated = lists.map((list) => ({ ...list, at: Date.parse(list.valid_from) }))
    for (const list of dated.sort((a, b) => a.at - b.at)) {
      const known = this.lists.get(list.base_ref)
      if (known) known.push(list)
      else this.lists.set(list.base_ref, [list])
    }
    this.branches = [...this.lists.keys()].sort()
    const later = [...this.lists.values()].flatMap((one) => one.slice(1).map((list) => list.at))
    this.changes = [...new Set(later)].sort((a, b) => a - b)
  }

  newest(): RequiredList[] {
    return [...this.lists.values()].flatMap((one) => one.slice(-1))
  }

  /** What a branch required; one that was never asked about is taken for the default branch, or for all of them. */
  at(baseRef: string | null, at: number): RequiredJob[] {
    const own = this.lists.get(baseRef ?? '') ?? this.lists.get(this.defaultBranch ?? '')
    if (own) return listAt(own, at).jobs
    return [...this.lists.values()].flatMap((one) => listAt(one, at).jobs)
  }

  /** Whether no branch required anything then. */
  isEmptyAt(at: number): boolean {
    return [...this.lists.values()].every((one) => listAt(one, at).jobs.length === 0)
  }
}

type Dated = RequiredList & { at: number }

function listAt(lists: readonly Dated[], at: number): RequiredList {
  return (lists.findLast((list) => list.at <= at) ?? lists[0]) as RequiredList
}

function spans(
  history: History,
  counts: (baseRef: string | null, at: number) => boolean,
): RequiredSpan[] | null {
  const edges = [Number.NEGATIVE_INFINITY, ...history.changes]
  const found: RequiredSpan[] = []
  edges.forEach((from, i) => {
    const asked = [...history.branches, ''].filter((baseRef) => counts(baseRef === '' ? null : baseRef, from))
    const span = { from: i === 0 ? null : from, to: edges[i + 1] ?? null }
    const isEverywhere = asked.length === history.branches.length + 1
    for (const base_ref of isEverywhere ? [null] : asked) add(found, { base_ref, ...span })
  })
  const [only, another] = found
  const isAlways = only && !another && only.base_ref === null && only.from === null && only.to === null
  return isAlways ? null : found
}

/** Joins a span to the one that it continues. */
function add(found: RequiredSpan[], span: RequiredSpan): void {
  const before = found.find(
    (one) => one.base_ref === span.base_ref && one.to === span.from && one.to !== null,
  )
  if (before) before.to = span.to
  else found.push(span)
}
