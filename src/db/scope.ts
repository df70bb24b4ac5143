/**
 * Which runs and flakes a repository's figures are about. Windows, budget, reports, issues, pages, API and CLI all read through
 * the conditions of this file, so no two figures can disagree about what counts.
 *
 * A flake is *in scope* when its job was required at that time for the base branch of its pull request and, with
 * `require_same_base`, when it is strong: its runs definitely tested the same code. A flake *counts* when it is in scope and
 * its attribution does not blame the pull request (`flake.counted`). A flake without an attribution counts until it has one.
 */

import { type RawBuilder, sql } from 'kysely'
import type { Period, Required, RequiredSpan } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { iso } from '../domain/time.ts'
import { readRequired } from './required.ts'
import type { Db, Row } from './schema.ts'

/** A time span in epoch ms, `[from, to)`. */
export interface Span {
  from: number
  to: number
}

/** The runs and flakes that are in scope. */
export interface Scope {
  repositoryId: number
  /** Jobs that are required or once were; null for every job. */
  jobIds: readonly number[] | null
  /** When and for which base branches these jobs were required; null when always and for all of them. */
  spans: JobSpans | null
  /** When `require_same_base` held: weak flakes of these periods are out of scope. */
  strongOnly: readonly Period[]
}

/** When, and for which base branches, each job was required. */
export interface JobSpans {
  /** Base branches with lists of their own; `''` in a span means every other branch. */
  branches: readonly string[]
  spans: readonly (RequiredSpan & { job_id: number })[]
}

/** A scope with what it was built from. */
export interface LoadedScope {
  scope: Scope
  required: Required
  /** Every job ever seen in the repository, by name. */
  jobs: Row<'job'>[]
  /** Names of the jobs that are required now. */
  names: string[]
}

/** Builds the scope of a repository from its settings, its lists of required jobs and the jobs seen so far. */
export async function readScope(db: Db, repositoryId: number, settings: Settings): Promise<LoadedScope> {
  const { required, jobs } = await readRequired(db, repositoryId, settings)
  const included = jobs.filter((job) => required.includes(job))
  const seen = required.source === 'protection' ? [] : jobs.filter((job) => required.includesNow(job))
  const names = [...required.declared, ...seen.map((job) => job.name)]
  const scope = {
    repositoryId,
    jobIds: included.length === jobs.length ? null : included.map((job) => job.job_id),
    spans: spansOf(required, jobs),
    strongOnly: required.strongOnly,
  }
  return { scope, required, jobs, names: [...new Set(names)].sort() }
}

/** When the settings and the required jobs of each repository last changed: a key for what is cached by scope. */
export async function readScopeChanges(
  db: Db,
  repositoryIds: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await sql<{ id: number; changes: string }>`select r.id, concat(
      (select concat(max(valid_from), ' ', count(*)) from settings where repository_id = r.id), ' ',
      (select concat(max(valid_from), ' ', count(*)) from required_jobs where repository_id = r.id)) as changes
    from unnest(${[...repositoryIds]}::bigint[]) as r(id)`.execute(db)
  return new Map(rows.map(({ id, changes }) => [id, changes]))
}

const ALWAYS: RequiredSpan = { base_ref: null, from: null, to: null }

function spansOf(required: Required, jobs: readonly Row<'job'>[]): JobSpans | null {
  const byJob = jobs.map((job) => ({ job_id: job.job_id, spans: required.spansOf(job) }))
  if (byJob.every(({ spans }) => spans === null || spans.length === 0)) return null
  return {
    branches: required.branches,
    spans: byJob.flatMap(({ job_id, spans }) => (spans ?? [ALWAYS]).map((span) => ({ job_id, ...span }))),
  }
}

/** Every run and flake of a repository, for lists that say of each flake whether it counts. */
export function everything(repositoryId: number): Scope {
  return { repositoryId, jobIds: null, spans: null, strongOnly: [] }
}

/** The SQL condition that a run `r` is in scope. */
export function runInScope(scope: Scope): RawBuilder<unknown> {
  return sql`r.repository_id = ${scope.repositoryId} ${jobInScope(scope, 'completed_at')}`
}

/** The SQL condition that a flake `r` is in scope, whether or not it counts. */
export function flakeInScope(scope: Scope): RawBuilder<unknown> {
  return sql`r.repository_id = ${scope.repositoryId} ${jobInScope(scope, 'flaked_at')}
    ${strongEnough(scope)}`
}

/** The condition that a flake is strong where weak ones are out of scope. */
function strongEnough({ strongOnly }: Scope): RawBuilder<unknown> {
  if (strongOnly.length === 0) return sql``
  const periods = strongOnly.map(({ from, to }) => {
    const since = from === null ? sql`` : sql`and r.flaked_at >= ${iso(from)}`
    return sql`(true ${since} ${to === null ? sql`` : sql`and r.flaked_at < ${iso(to)}`})`
  })
  return sql`and (r.grade = 'strong' or not (${sql.join(periods, sql` or `)}))`
}

/** The SQL condition that a flake `r` counts towards the SLA. */
export function flakeCounts(scope: Scope): RawBuilder<unknown> {
  return sql`${flakeInScope(scope)} and r.counted is not false`
}

/** The SQL condition that a run or flake `r` is dated in a span. */
export function during(column: 'completed_at' | 'flaked_at', { from, to }: Span): RawBuilder<unknown> {
  const time = sql.ref(`r.${column}`)
  return sql`and ${time} >= ${iso(from)} and ${time} < ${iso(to)}`
}

/** The condition that the job of `r` was required at the time in `column`. */
function jobInScope({ jobIds, spans }: Scope, column: string): RawBuilder<unknown> {
  if (spans) return requiredThen(spans, column)
  return jobIds === null ? sql`` : sql`and r.job_id = any(${[...jobIds]})`
}

function requiredThen({ branches, spans }: JobSpans, column: string): RawBuilder<unknown> {
  const rows = spans.map(({ job_id, base_ref, from, to }) => ({
    job_id,
    base_ref,
    lower: from === null ? '-infinity' : iso(from),
    upper: to === null ? 'infinity' : iso(to),
  }))
  const time = sql.ref(`r.${column}`)
  return sql`and exists (select 1 from json_to_recordset(${JSON.stringify(rows)}::json)
    as s(job_id bigint, base_ref text, lower timestamptz, upper timestamptz)
    where s.job_id = r.job_id and ${time} >= s.lower and ${time} < s.upper
      and (s.base_ref is null or s.base_ref = r.base_ref
        or s.base_ref = '' and (r.base_ref is null or not r.base_ref = any(${[...branches]}))))`
}

/** What tells whether a stored run or flake is in scope. */
interface Dated {
  job_id: number
  base_ref: string | null
}

/** The condition of `runInScope` for a run that was already read. */
export function isRunInScope(scope: Scope, run: Dated & { completed_at: string }): boolean {
  return isJobInScope(scope, run, Date.parse(run.completed_at))
}

/** Whether a flake that was already read counts: false out of scope, null in scope but not attributed yet. */
export function countedIn(
  scope: Scope,
  flake: Dated & Pick<Row<'flake'>, 'flaked_at' | 'grade' | 'counted'>,
): boolean | null {
  return isFlakeInScope(scope, flake) ? flake.counted : false
}

/** The condition of `flakeInScope` for a flake that was already read. */
export function isFlakeInScope(
  scope: Scope,
  flake: Dated & Pick<Row<'flake'>, 'flaked_at' | 'grade'>,
): boolean {
  const at = Date.parse(flake.flaked_at)
  if (flake.grade !== 'strong' && scope.strongOnly.some((period) => isWithin(period, at))) return false
  return isJobInScope(scope, flake, at)
}

function isWithin({ from, to }: Period, at: number): boolean {
  return (from === null || at >= from) && (to === null || at < to)
}

function isJobInScope({ jobIds, spans }: Scope, { job_id, base_ref }: Dated, at: number): boolean {
  if (!spans) return jobIds === null || jobIds.includes(job_id)
  const branch = base_ref !== null && spans.branches.includes(base_ref) ? base_ref : ''
  return spans.spans.some(
    (span) =>
      span.job_id === job_id && isWithin(span, at) && (span.base_ref === null || span.base_ref === branch),
  )
}
