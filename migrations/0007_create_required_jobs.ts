/** Which jobs branch protection and rulesets required, from when on: a window is judged by the rules of its day. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table required_jobs (
    repository_id bigint not null,
    base_ref text not null,
    valid_from timestamptz not null,
    jobs jsonb not null,
    problem text,
    primary key (repository_id, base_ref, valid_from)
  )`.execute(db)
}
