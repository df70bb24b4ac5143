/** Conclusions in and out: runs, verdicts and flakes of heads, written where they differ from what is there. */

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { MAX_NEIGHBOUR_DISTANCE } from '../domain/attribution/trunk.ts'
import type { DerivedHead } from '../domain/head.ts'
import { type Job, jobKey } from '../domain/run.ts'
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { addRows, insertRows, replaceRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

/** What changed, and so what has to be attributed and measured again. */
export interface Changes {
  /** Jobs with changed evidence, a verdict or a result on trunk, and its time. */
  verdicts: { job_id: number; changed_at: string }[]
  /** Times whose windows have other runs or flakes now. */
  windows: string[]
}

/** A job's number: the same on every machine, whatever order jobs are met in. 52 bits of SHA-256 of its key. */
export function jobId(job: Job): number {
  return Number.parseInt(createHash('sha256').update(jobKey(job)).digest('hex').slice(0, 13), 16)
}

/**
 * Writes the conclusions about the given heads of a repository, and nothing where they are as before. To be called under the
 * repository's lock: nobody else writes any meanwhile.
 */
export async function writeDerived(
  db: Db,
  repositoryId: number,
  heads: readonly { headSha: string; derived: DerivedHead }[],
): Promise<Changes> {
  const shas = heads.map((one) => one.headSha)
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
    // A commit that a pull request and trunk share has a verdict of each.
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
  return {
    verdicts: [
      ...[...verdicts.changed, ...verdicts.gone].map(({ job_id, judged_at }) => {
        return { job_id, changed_at: judged_at }
      }),
      ...[...runs.changed, ...runs.gone].flatMap(trunkMarks),
    ],
    windows: [
      ...[...runs.changed, ...runs.gone].map((row) => row.completed_at),
      ...[...flakes.changed, ...flakes.gone].map((row) => row.flaked_at),
    ],
  }
}

/** A result on trunk is evidence without a verdict: of itself, and of whether those next to it stand alone. */
function trunkMarks({ kind, job_id, outcome, completed_at }: Row<'run'>) {
  if (kind === 'pull_request' || (outcome !== 'pass' && outcome !== 'fail')) return []
  const at = Date.parse(completed_at)
  return [at - MAX_NEIGHBOUR_DISTANCE, at, at + MAX_NEIGHBOUR_DISTANCE].map((near) => ({
    job_id,
    changed_at: iso(near),
  }))
}

type Fresh<T extends 'run' | 'verdict' | 'flake'> = { [C in keyof Row<T>]?: unknown } & Record<
  string,
  unknown
>

function rowsOf(repositoryId: number, heads: readonly { headSha: string; derived: DerivedHead }[]) {
  const jobs = new Map<string, { job_id: number }>()
  const idOf = (job: Job): number => {
    const key = jobKey(job)
    const known = jobs.get(key)
    if (known) return known.job_id
    const row = { repository_id: repositoryId, job_id: jobId(job), ...job }
    jobs.set(key, row)
    return row.job_id
  }
  const runs: Fresh<'run'>[] = []
  const verdicts: Fresh<'verdict'>[] = []
  const flakes: Fresh<'flake'>[] = []
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
    for (const { job, kind, number, baseRef, verdict, retested, retestedByBot } of derived.verdicts) {
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
      // Trunk is evidence; only a pull request's head can flake in the SLA's sense.
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
      })
    }
  }
  return { jobs, runs, verdicts, flakes }
}

/** Replaces rows of the heads that differ and deletes those that are no more. @returns both, changed ones old and new */
async function diff<T extends 'run' | 'verdict' | 'flake'>(
  db: Db,
  table: T,
  repositoryId: number,
  shas: string[],
  fresh: Fresh<T>[],
  keyOf: (row: { [C in keyof Row<T>]?: unknown }) => string,
): Promise<{ changed: Row<T>[]; gone: Row<T>[] }> {
  const there = await sql<Row<T>>`select * from ${sql.table(table)}
    where repository_id = ${repositoryId} and head_sha = any(${shas})`.execute(db)
  const old = new Map(there.rows.map((row) => [keyOf(row), row]))
  const changed: Row<T>[] = []
  const added: Fresh<T>[] = []
  const replaced: Fresh<T>[] = []
  for (const row of fresh) {
    const key = keyOf(row)
    const before = old.get(key)
    old.delete(key)
    if (before && isSame(row, before)) continue
    if (before) changed.push(before)
    changed.push(row as unknown as Row<T>)
    if (before) replaced.push(row)
    else added.push(row)
  }
  await insertRows(db, table, added)
  await replaceRows(db, table, replaced)
  const gone = [...old.values()]
  for (const row of gone) await remove(db, table, row)
  return { changed, gone }
}

function isSame(fresh: Record<string, unknown>, old: object): boolean {
  return Object.entries(fresh).every(([column, value]) => (old as Record<string, unknown>)[column] === value)
}

async function remove(db: Db, table: 'run' | 'verdict' | 'flake', row: object): Promise<void> {
  const { repository_id, head_sha, number, run_key, job_id } = row as Row<'run'>
  const own = {
    run: sql`number is not distinct from ${number} and run_key = ${run_key}`,
    verdict: sql`job_id = ${job_id} and number is not distinct from ${number}`,
    flake: sql`job_id = ${job_id}`,
  }[table]
  await sql`delete from ${sql.table(table)} where repository_id = ${repository_id} and head_sha = ${head_sha} and ${own}`.execute(
    db,
  )
}
