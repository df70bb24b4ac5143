/** Learned gates: jobs whose outcome only ever changed after a person had acted on the pull request (domain/gate.ts). */
import { sql } from 'kysely'
import { looksLikeGate, MAX_GATE_MS } from '../domain/gate.ts'
import type { Required } from '../domain/required.ts'
import { SECOND_MS } from '../domain/time.ts'
import { addRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

export async function readGates(db: Db, repositoryId: number): Promise<Row<'gate'>[]> {
  return db
    .selectFrom('gate')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .orderBy('job_id')
    .execute()
}

/**
 * Learns again which of these jobs are gates. A job is one when every change of its outcome followed what a person did, and no run
 * shows that something was executed: a check run that took 30 s, or a status that was pending first. One counter-example suffices.
 * @returns whether a job became a gate or ceased to be one
 */
export async function learnGates(db: Db, repositoryId: number, jobIds: Iterable<number>): Promise<boolean> {
  const ids = [...jobIds]
  if (ids.length === 0) return false
  const { rows: gates } = await sql<Row<'gate'>>`select f.repository_id, f.job_id,
      string_agg(distinct f.followed, ', ' order by f.followed) as followed, count(*) as changes
    from flake f join job j on j.repository_id = f.repository_id and j.job_id = f.job_id
    where f.repository_id = ${repositoryId} and f.job_id = any(${ids})
    group by f.repository_id, f.job_id, j.source
    having bool_and(f.followed is not null) and not exists (select 1 from run r
      where r.repository_id = f.repository_id and r.job_id = f.job_id and r.outcome in ('pass', 'fail')
        and case when j.source = 'status' then r.started_at is not null
          else r.started_at is null or r.completed_at - r.started_at >= ${MAX_GATE_MS / SECOND_MS} * interval '1 second' end)`.execute(
    db,
  )
  const before = await db
    .deleteFrom('gate')
    .where('repository_id', '=', repositoryId)
    .where('job_id', '=', (eb) => eb.fn.any(eb.val(ids)))
    .returning('job_id')
    .execute()
  await addRows(db, 'gate', gates)
  const old = new Set(before.map((gate) => gate.job_id))
  return old.size !== gates.length || gates.some((gate) => !old.has(gate.job_id))
}

/** A gate whose results are left out of every figure. */
export interface GateLeftOut {
  job_id: number
  job: string
  /** Why it is a gate, as a clause without a full stop. */
  why: string
  /** Passes and failures on pull requests that are left out. */
  runs: number
}

/** What decides which jobs of a repository count, as `readScope` loads it. */
interface JobsInScope {
  required: Required
  jobs: readonly Row<'job'>[]
}

/** The gates that would count if they were tests, by name. Jobs without results are not listed. */
export async function readGatesLeftOut(
  db: Db,
  repositoryId: number,
  { required, jobs }: JobsInScope,
): Promise<GateLeftOut[]> {
  const gates = jobs.flatMap((job) => {
    const why = required.leftOutAsGate(job)
    return why === null ? [] : [{ job_id: job.job_id, job: job.name, why }]
  })
  if (gates.length === 0) return []
  const { rows } = await sql<{ job_id: number; runs: number }>`select job_id, count(*) as runs from run
    where repository_id = ${repositoryId} and job_id = any(${gates.map((gate) => gate.job_id)})
      and kind = 'pull_request' and outcome in ('pass', 'fail') group by job_id`.execute(db)
  const runs = new Map(rows.map((row) => [row.job_id, row.runs]))
  return gates.flatMap((gate) => {
    const count = runs.get(gate.job_id)
    return count === undefined ? [] : [{ ...gate, runs: count }]
  })
}

/** A gate that is left out, as the command line and the API write it. */
export function leftOutJson({ job, why, runs }: GateLeftOut) {
  return { job, reason: 'gate' as const, why, runs }
}

/** A job that counts although it may be a gate. */
export interface LikelyGate {
  job: string
  /** What suggests it, as a clause without a full stop. */
  why: string
}

/** Jobs that count and look like gates: by their names, or because flakes of theirs followed what a person did. */
export async function readLikelyGates(
  db: Db,
  repositoryId: number,
  { required, jobs }: JobsInScope,
): Promise<LikelyGate[]> {
  const { rows } = await sql<{ job_id: number; followed: number; flakes: number }>`select job_id,
      count(followed) as followed, count(*) as flakes
    from flake where repository_id = ${repositoryId} group by job_id having count(followed) > 0`.execute(db)
  const flips = new Map(rows.map((row) => [row.job_id, row]))
  return jobs
    .filter((job) => required.includesNow(job))
    .flatMap((job) => {
      const flip = flips.get(job.job_id)
      if (flip) return [{ job: job.name, why: followedWords(flip) }]
      return looksLikeGate(job.name) ? [{ job: job.name, why: 'its name suggests it' }] : []
    })
}

function followedWords({ followed, flakes }: { followed: number; flakes: number }): string {
  const which = flakes === 1 ? 'its only flake' : `${followed} of its ${flakes} flakes`
  return `${which} followed what a person did`
}
