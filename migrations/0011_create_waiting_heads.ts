/** Commits with results that belong to no known pull request, and what of a history could not be read. */
import { type Kysely, sql } from 'kysely'

const WAITING = `
create table orphan_head (
  repository_id bigint not null,
  head_sha text not null,
  head_branches jsonb not null,
  completed_at timestamptz not null,
  due_at timestamptz,
  tries integer not null default 0,
  primary key (repository_id, head_sha)
);
create index orphan_head_due on orphan_head (repository_id, due_at) where due_at is not null;

alter table backfill_page add column problem text
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of WAITING.split(';')) await sql.raw(statement).execute(db)
}
