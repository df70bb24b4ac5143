/** Attempts of workflow runs that a hunt asked for, so that their results count nowhere; and who asked for a hunt, so that it begins once. */
import { type Kysely, sql } from 'kysely'

const HUNTED = `
create table hunted_attempt (
  repository_id bigint not null,
  head_sha text not null,
  run_id bigint not null,
  attempt integer not null,
  suite_id bigint not null,
  after_at timestamptz not null,
  until_at timestamptz,
  primary key (repository_id, head_sha, run_id, attempt)
);
alter table hunt add column requested_key text unique
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of HUNTED.split(';')) await sql.raw(statement).execute(db)
}
