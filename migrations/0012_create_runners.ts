/** Which machine ran a job: self-hosted runners of GitHub Actions, as `workflow_job` names them. */
import { type Kysely, sql } from 'kysely'

const RUNNERS = `
create table runner (
  repository_id bigint not null,
  head_sha text not null,
  check_run_id bigint not null,
  name text not null,
  told_at timestamptz not null,
  primary key (repository_id, head_sha, check_run_id)
)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(RUNNERS).execute(db)
}
