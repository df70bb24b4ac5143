/**
 * Which machine ran a job: self-hosted runners of GitHub Actions, as `workflow_job` names them. And flaky verdicts by job,
 * one in a hundred of all: how verdicts held up is asked about each of thousands of flakes.
 */
import { type Kysely, sql } from 'kysely'

const RUNNERS = `
create table runner (
  repository_id bigint not null,
  head_sha text not null,
  check_run_id bigint not null,
  name text not null,
  reported_at timestamptz not null,
  primary key (repository_id, head_sha, check_run_id)
);
create index verdict_flaky on verdict (repository_id, job_id, judged_at) include (number) where flaky
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of RUNNERS.split(';')) await sql.raw(statement).execute(db)
}
