/** History that is read over the API: what has been asked for and stored, so that nothing is asked for twice. */
import { type Kysely, sql } from 'kysely'

const READING = `
create table backfill (
  repository_id bigint primary key,
  since timestamptz not null,
  started_at timestamptz not null,
  done_at timestamptz
);

create table backfill_page (
  repository_id bigint not null,
  page_key text not null,
  seq bigint generated always as identity,
  kind text not null,
  detail jsonb not null,
  numbers jsonb not null,
  claimed_by text,
  claimed_until timestamptz,
  done_at timestamptz,
  primary key (repository_id, page_key)
);
create index backfill_page_open on backfill_page (repository_id, seq) where done_at is null
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of READING.split(';')) await sql.raw(statement).execute(db)
}
