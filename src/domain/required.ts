/** Which jobs count at which time: those that the settings name, or those that branch protection required, else all jobs. */
import type { GateOf } from './gate.ts'
import { matchesGlob } from './glob.ts'
import { ListHistory, type RequiredJob, type RequiredList } from './required-lists.ts'
import { type DatedRules, type Rules, rulesOver, type Settings } from './settings.ts'

/** Where the list of required jobs comes from; shown beside every figure. */
export type RequiredSource = 'config' | 'protection' | 'all'

/** The part of a job's identity that decides whether it is required. A status has an empty app. */
export interface NamedJob {
  name: string
  app: string
  /** Absent where the job was never stored. */
  job_id?: number
}

/** A name or glob that is required, and no job of it reports results. */
export interface MissingJob {
  name: string
  /** When (RFC 3339) its last result completed; null where it never had one. */
  last_result_at: string | null
}

/** What a figure says about the list of jobs that it is based on. */
export interface RequiredState {
  source: RequiredSource
  /** Which part of branch protection could not be read, and which permission to grant. */
  problem: string | null
  missing: MissingJob[]
  /** The list read at this time (RFC 3339) is assumed for earlier days; null where nothing is assumed. */
  assumed_before: string | null
}

/** A period in epoch ms, `[from, to)`; null is unbounded. */
export interface Period {
  from: number | null
  to: number | null
}

/** A period in which a job counted: for every base branch (null), for one with a list, or for all others (`''`). */
export interface RequiredSpan extends Period {
  base_ref: string | null
}

export interface Required {
  /** According to the newest rules and lists. */
  source: RequiredSource
  /** What could not be read of branch protection, and which permission to grant; null where everything could. */
  problem: string | null
  /** Names that are required now; globs of the settings are not among them. Empty where every job counts. */
  declared: string[]
  /** Globs that the settings require now. */
  globs: string[]
  /** Base branches that have lists. */
  branches: string[]
  /** When only strong flakes counted (`require_same_base`). */
  strongOnly: Period[]
  /** Whether the job counts, or ever counted, for any base branch. */
  includes(job: NamedJob): boolean
  /** Whether the job counts now, for any base branch. */
  includesNow(job: NamedJob): boolean
  /** Whether the job counted for a base branch at a time (epoch ms). */
  includesAt(job: NamedJob, baseRef: string | null, at: number): boolean
  /** Where the list that held at a time (epoch ms) comes from. */
  sourceAt(at: number): RequiredSource
  /** When (epoch ms) the list was read that is assumed for this earlier time; null where the list of that time is known. */
  assumedAt(at: number): number | null
  /** Why the newest rules leave the job out as a gate, when it would count otherwise; else null. */
  leftOutAsGate(job: NamedJob): string | null
  /** When and for which branches the job counted; null where it always did, for all branches. */
  spansOf(job: NamedJob): RequiredSpan[] | null
}

/**
 * The jobs that count.
 * @param lists what the base branches required, in any order
 * @param defaultBranch its list is used for branches that have none
 * @param gateOf which jobs are gates although no setting says so
 */
export function requiredBy(
  settings: Settings,
  lists: readonly RequiredList[] = [],
  defaultBranch: string | null = null,
  gateOf: GateOf = () => null,
): Required {
  const history = new ListHistory(lists, defaultBranch)
  const versions = rulesOver(settings)
  const isAuto = settings.required === 'auto'
  const counts = (job: NamedJob, baseRef: string | null, at: number) =>
    gateUnder(rulesAt(versions, at), job, gateOf) === null && isRequired(job, baseRef, at)
  const isRequired = (job: NamedJob, baseRef: string | null, at: number) => {
    const rules = rulesAt(versions, at)
    if (matchesAny(job.name, rules.ignore)) return false
    if (rules.required !== 'auto') return matchesAny(job.name, rules.required)
    return history.isEmptyAt(at) || history.at(baseRef, at).some((required) => isSatisfiedBy(required, job))
  }
  const changes = changesOf(versions, history)
  const spansOf = (job: NamedJob) =>
    spansWhere(history.branches, changes, (baseRef, at) => counts(job, baseRef, at))
  const sourceAt = (at: number): RequiredSource => {
    if (rulesAt(versions, at).required !== 'auto') return 'config'
    return history.isEmptyAt(at) ? 'all' : 'protection'
  }
  return {
    source: sourceAt(Number.POSITIVE_INFINITY),
    problem: isAuto ? history.problem : null,
    declared: namesIn(settings, history).filter((name) => {
      const job = { name, app: '' }
      return !matchesAny(name, settings.ignore) && gateUnder(settings, job, gateOf) === null
    }),
    globs: settings.required === 'auto' ? [] : settings.required.filter(isGlob),
    branches: history.branches,
    strongOnly: strongPeriods(versions),
    includes: (job) => spansOf(job)?.length !== 0,
    includesNow: (job) => spansOf(job)?.some((span) => span.to === null) ?? true,
    includesAt: counts,
    sourceAt,
    assumedAt(at) {
      const source = sourceAt(at)
      const known = source === 'protection' ? history.knownFrom : settings.rulesKnownFrom
      return source !== 'all' && known !== null && at < known ? known : null
    },
    leftOutAsGate(job) {
      const why = gateUnder(settings, job, gateOf)
      const branches = [...history.branches, null]
      const wouldCount = branches.some((branch) => isRequired(job, branch, Number.POSITIVE_INFINITY))
      return wouldCount ? why : null
    },
    spansOf,
  }
}

function rulesAt(versions: readonly DatedRules[], at: number): DatedRules {
  return versions.findLast(({ from }) => from === null || from <= at) as DatedRules
}

function matchesAny(name: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(name, glob))
}

/** Why the job is a gate under these rules. A gate that the settings include is one, whatever else is said of it. */
function gateUnder({ gates }: Rules, job: NamedJob, gateOf: GateOf): string | null {
  if (matchesAny(job.name, gates.include)) return 'the settings name it as a gate'
  return matchesAny(job.name, gates.exclude) ? null : (gateOf(job)?.why ?? null)
}

/** The names that the newest rules require, without globs. */
function namesIn({ required }: Rules, history: ListHistory): string[] {
  const names =
    required === 'auto'
      ? history.newest().flatMap((list) => list.jobs.map((job) => job.name))
      : required.filter((name) => !isGlob(name))
  return [...new Set(names)].sort()
}

function isGlob(name: string): boolean {
  return /[*?]/.test(name)
}

function isSatisfiedBy(required: RequiredJob, job: NamedJob): boolean {
  if (required.name !== job.name) return false
  return required.app === null || job.app === '' || required.app === job.app
}

/** Every time (epoch ms) at which rules or a list replaced others, oldest first. */
function changesOf(versions: readonly DatedRules[], history: ListHistory): number[] {
  const replaced = versions.flatMap(({ from }) => from ?? [])
  return [...new Set([...replaced, ...history.changes])].sort((a, b) => a - b)
}

/** When `require_same_base` was on. Neighbouring periods are joined. */
function strongPeriods(versions: readonly DatedRules[]): Period[] {
  const periods: Period[] = []
  versions.forEach(({ from, requireSameBase }, i) => {
    if (!requireSameBase) return
    const to = versions[i + 1]?.from ?? null
    const last = periods[periods.length - 1]
    if (last && last.to === from) last.to = to
    else periods.push({ from, to })
  })
  return periods
}

/** The spans in which `counts` is true; null where it always is. @param changes when it may change, oldest first */
function spansWhere(
  withLists: readonly string[],
  changes: readonly number[],
  counts: (baseRef: string | null, at: number) => boolean,
): RequiredSpan[] | null {
  const starts = [Number.NEGATIVE_INFINITY, ...changes]
  const spans: RequiredSpan[] = []
  starts.forEach((start, i) => {
    const branches = [...withLists, ''].filter((branch) => counts(branch === '' ? null : branch, start))
    const isEverywhere = branches.length === withLists.length + 1
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
