/** The jobs that were ever seen, as rows. */
import type { Db, Row } from './schema.ts'

export interface JobKey {
  repositoryId: number
  jobId: number
}

export async function readJob(db: Db, { repositoryId, jobId }: JobKey): Promise<Row<'job'> | null> {
  const row = await db
    .selectFrom('job')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('job_id', '=', jobId)
    .executeTakeFirst()
  return row ?? null
}

/** Those of the names that are jobs of the repository. */
export async function readKnownNames(
  db: Db,
  repositoryId: number,
  names: readonly string[],
): Promise<Set<string>> {
  const rows = await db
    .selectFrom('job')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('name', '=', (eb) => eb.fn.any(eb.val([...names])))
    .execute()
  return new Set(rows.map((row) => row.name))
}

/** A job by its name. When several share it, the one with the smallest id. */
export async function findJob(db: Db, repositoryId: number, name: string): Promise<Row<'job'> | null> {
  const row = await db
    .selectFrom('job')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .orderBy('job_id')
    .executeTakeFirst()
  return row ?? null
}
