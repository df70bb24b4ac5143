/** Sessions of the people who sign in to see private repositories. */
import { type Kysely, sql } from 'kysely'

const TABLES = `
create table session (
  session_hash text not null,
  user_id bigint not null,
  login text not null,
  token text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (session_hash)
);
create index session_expires on session (expires_at)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  // PostgreSQL prepares one statement at a time. None of these contains a semicolon.
  for (const statement of TABLES.split(';')) await sql.raw(statement).execute(db)
}
