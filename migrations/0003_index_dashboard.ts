/** Indexes that only pages need, and the sessions of the people who sign in to see private repositories. */
import { type Kysely, sql } from 'kysely'

const DASHBOARD = `
create index pull_request_event_merged on pull_request_event (repository_id, reported_at) where merged and action = 'closed';
create index run_tested on run (repository_id, completed_at) include (number, job_id) where outcome in ('pass', 'fail') and kind = 'pull_request';

create index repository_named on repository (lower(full_name));
create index outbox_breach on outbox (repository_id, created_at) where kind = 'breach' and url is not null;

create table session (
  session_hash text primary key,
  user_id bigint not null,
  login text not null,
  token text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_expires on session (expires_at)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of DASHBOARD.split(';')) await sql.raw(statement).execute(db)
}
