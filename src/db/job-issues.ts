/** The issues about single jobs. */
import type { Db, NewRow, Row } from './schema.ts'

/** Every issue about a job of the repository, open or closed, by the id of the job. */
export async function readJobIssues(db: Db, repositoryId: number): Promise<Map<number, Row<'job_issue'>>> {
  const rows = await db
    .selectFrom('job_issue')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .execute()
  return new Map(rows.map((row) => [row.job_id, row]))
}

/** The open ones of these issues. */
export async function readOpenJobIssues(
  db: Db,
  repositoryId: number,
): Promise<Map<number, Row<'job_issue'>>> {
  const all = await readJobIssues(db, repositoryId)
  return new Map([...all].filter(([, row]) => row.closed_at === null))
}

/** Stores the current state of an issue. */
export async function writeJobIssue(db: Db, row: NewRow<'job_issue'>): Promise<void> {
  const { repository_id: _repository, job_id: _job, ...fields } = row
  await db
    .insertInto('job_issue')
    .values(row)
    .onConflict((conflict) => conflict.columns(['repository_id', 'job_id']).doUpdateSet(fields))
    .execute()
}

/** Forgets an issue that GitHub no longer has. */
export async function deleteJobIssue(
  db: Db,
  { repository_id, job_id }: Pick<Row<'job_issue'>, 'repository_id' | 'job_id'>,
): Promise<void> {
  await db
    .deleteFrom('job_issue')
    .where('repository_id', '=', repository_id)
    .where('job_id', '=', job_id)
    .execute()
}
