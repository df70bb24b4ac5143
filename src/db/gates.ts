/** Learned gates: jobs whose outcome only ever changed after a person had acted on the pull request (domain/gate.ts). */
import { sql } from 'kysely'
import { MAX_GATE_MS } from '../domain/gate.ts'
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
