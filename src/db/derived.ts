/** Stores what was derived about heads: runs, verdicts and flakes. Only rows that changed are written. */

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { MAX_NEIGHBOUR_DISTANCE } from '../domain/attribution/trunk.ts'
import type { DerivedHead } from '../domain/head.ts'
import { type Job, jobKey } from '../domain/run.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { addRows, insertRows, replaceRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

/** What has to be attributed and measured again. */
export interface Changes {
  /** Times of changed evidence (a verdict or a result on trunk), with the job. */
  verdicts: { job_id: number; changed_at: string }[]
  /** Times of changed runs and flakes, whose windows are stale. */
  windows: string[]
  /** Commits with changed runs. */
  heads: Set<string>
  /** Jobs with changed runs, and those with changed flakes. */
  jobs: { runs: Set<number>; flakes: Set<number> }
}

/** A job's id: 52 bits of the SHA-256 of its key, so that it does not depend on the order in which jobs appear. */
export function jobId(job: Job): number {
  return Number.parseInt(createHash('sha256').update(jobKey(job)).digest('hex').slice(0, 13), 16)
}

/**
 * Writes what was derived about heads of a repository, where it differs from the stored rows. Call it under the repository's lock,
 * so that nothing else writes such rows meanwhile.
 */
export async function writeDerived(
  db: Db,
  repositoryId: number,
  heads: readonly { headSha: string; derived: DerivedHead }[],
): Promise<Changes> {
  const shas = heads.map((head) => head.headSha)
  const rows = rowsOf(repositoryId, heads)
  const runs = await diff(
    db,
    'run',
    repositoryId,
    shas,
    rows.runs,
    (row) => `${row.head_sha}/${row.number}/${row.run_key}`,
  )
  const verdicts = await diff(
    db,
    'verdict',
    repositoryId,
    shas,
    rows.verdicts,
    // A commit that a pull request and trunk share has a verdict for each.
    (row) => `${row.head_sha}/${row.job_id}/${row.number}`,
  )
  const flakes = await diff(
    db,
    'flake',
    repositoryId,
    shas,
    rows.flakes,
    (row) => `${row.head_sha}/${row.job_id}`,
  )
  await addRows(db, 'job', [...rows.jobs.values()])
  const changedRuns = [...runs.changed, ...runs.deleted]
  const changedFlakes = [...flakes.changed, ...flakes.deleted]
  return {
    heads: new Set(changedRuns.map((row) => row.head_sha)),
    jobs: {
      runs: new Set(changedRuns.map((row) => row.job_id)),
      flakes: new Set(changedFlakes.map((row) => row.job_id)),
    },
    verdicts: [
      ...[...verdicts.changed, ...verdicts.deleted].map(({ job_id, judged_at }) => {
        return { job_id, changed_at: judged_at }
      }),
      ...changedRuns.flatMap(trunkMarks),
    ],
    windows: [...changedRuns.map((row) => row.completed_at), ...changedFlakes.map((row) => row.flaked_at)],
  }
}

/** A result on trunk is evidence without a verdict, and decides whether a failure near it is an isolated one. */
function trunkMarks({ kind, job_id, outcome, completed_at }: Row<'run'>) {
  if (kind === 'pull_request' || (outcome !== 'pass' && outcome !== 'fail')) return []
  const at = Date.parse(completed_at)
  return [at - MAX_NEIGHBOUR_DISTANCE, at, at + MAX_NEIGHBOUR_DISTANCE].map((near) => ({
    job_id,
    changed_at: iso(near),
  }))
}

type DerivedRow<T extends 'run' | 'verdict' | 'flake'> = { [C in keyof Row<T>]?: unknown } & Record<
  string,
  unknown
>

function rowsOf(repositoryId: number, heads: readonly { headSha: string; derived: DerivedHead }[]) {
  const jobs = new Map<string, { job_id: number }>()
  const idOf = (job: Job): number => {
    const key = jobKey(job)
    const job_id = jobs.get(key)?.job_id
    if (job_id !== undefined) return job_id
    const row = { repository_id: repositoryId, job_id: jobId(job), ...job }
    jobs.set(key, row)
    return row.job_id
  }
  const runs: DerivedRow<'run'>[] = []
  const verdicts: DerivedRow<'verdict'>[] = []
  const flakes: DerivedRow<'flake'>[] = []
  for (const { headSha: head_sha, derived } of heads) {
    const at = { repository_id: repositoryId, head_sha }
    for (const { kind, number, baseRef, run } of derived.runs) {
      runs.push({
        ...at,
        kind,
        number,
        run_key: run.key,
        job_id: idOf(run.job),
        outcome: run.outcome,
        reason: run.reason,
        base_ref: baseRef,
        base_sha: run.baseSha,
        suite_id: run.suiteId,
        url: run.url,
        started_at: run.startedAt === null ? null : iso(run.startedAt),
        completed_at: iso(run.completedAt),
      })
    }
    for (const {
      job,
      kind,
      number,
      baseRef,
      verdict,
      retested,
      retestedByBot,
      followed,
    } of derived.verdicts) {
      const job_id = idOf(job)
      verdicts.push({
        ...at,
        job_id,
        kind,
        number,
        flaky: verdict.flaky,
        judged_at: iso(verdict.judgedAt),
        failed_at: verdict.flake ? iso(verdict.flake.firstFailedAt) : null,
      })
      // Trunk is evidence only. The SLA is about flakes of pull requests.
      if (!verdict.flake || number === null) continue
      const { order, grade, runs, firstFailedAt, flakedAt } = verdict.flake
      flakes.push({
        ...at,
        job_id,
        number,
        base_ref: baseRef,
        pass_order: order,
        grade,
        runs,
        retested,
        retested_by_bot: retestedByBot,
        first_failed_at: iso(firstFailedAt),
        flaked_at: iso(flakedAt),
        definition_version: DEFINITION_VERSION,
        followed,
      })
    }
  }
  return { jobs, runs, verdicts, flakes }
}

/**
 * Makes the stored rows of the heads equal to the derived rows.
 * @returns the rows that changed, each before and after the change, and the rows that were deleted
 */
async function diff<T extends 'run' | 'verdict' | 'flake'>(
  db: Db,
  table: T,
  repositoryId: number,
  shas: string[],
  derived: DerivedRow<T>[],
  keyOf: (row: { [C in keyof Row<T>]?: unknown }) => string,
): Promise<{ changed: Row<T>[]; deleted: Row<T>[] }> {
  const stored = await sql<Row<T>>`select * from ${sql.table(table)}
    where repository_id = ${repositoryId} and head_sha = any(${shas})`.execute(db)
  const old = new Map(stored.rows.map((row) => [keyOf(row), row]))
  const changed: Row<T>[] = []
  const added: DerivedRow<T>[] = []
  const replaced: DerivedRow<T>[] = []
  for (const fresh of derived) {
    const key = keyOf(fresh)
    const before = old.get(key)
    old.delete(key)
    const row = before ? keepingVersion(fresh, before) : fresh
    if (before && isSame(row, before)) continue
    if (before) changed.push(before)
    changed.push(row as unknown as Row<T>)
    if (before) replaced.push(row)
    else added.push(row)
  }
  await insertRows(db, table, added)
  await replaceRows(db, table, replaced)
  const deleted = [...old.values()]
  for (const row of deleted) await deleteRow(db, table, row)
  return { changed, deleted }
}

/** A stored flake keeps its version: it is that of its attribution, which is made later. */
function keepingVersion<R extends Record<string, unknown>>(row: R, before: object): R {
  return 'definition_version' in row && 'definition_version' in before
    ? { ...row, definition_version: before.definition_version }
    : row
}

function isSame(row: Record<string, unknown>, old: object): boolean {
  return Object.entries(row).every(([column, value]) => (old as Record<string, unknown>)[column] === value)
}

async function deleteRow(db: Db, table: 'run' | 'verdict' | 'flake', row: object): Promise<void> {
  const { repository_id, head_sha, number, run_key, job_id } = row as Row<'run'>
  const key = {
    run: sql`number is not distinct from ${number} and run_key = ${run_key}`,
    verdict: sql`job_id = ${job_id} and number is not distinct from ${number}`,
    flake: sql`job_id = ${job_id}`,
  }[table]
  await sql`delete from ${sql.table(table)} where repository_id = ${repository_id} and head_sha = ${head_sha} and ${key}`.execute(
    db,
  )
}
