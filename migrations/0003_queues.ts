/** Queues: what is to be derived again, what is to be written on GitHub, and the state of timers. */
import { type Kysely, sql } from 'kysely'

const TABLES = `
create table stale_head (
  repository_id bigint not null,
  seq bigint generated always as identity,
  head_sha text,
  number integer,
  primary key (repository_id, seq)
);

create table stale_verdict (
  repository_id bigint not null,
  seq bigint generated always as identity,
  job_id bigint not null,
  changed_at timestamptz not null,
  primary key (repository_id, seq)
);

create table stale_window (
  repository_id bigint not null,
  seq bigint generated always as identity,
  changed_at timestamptz not null,
  why text not null,
  primary key (repository_id, seq)
);

create table stale_week (
  repository_id bigint not null,
  seq bigint generated always as identity,
  week date not null,
  primary key (repository_id, seq)
);

create table outbox (
  repository_id bigint not null,
  task_key text not null,
  kind text not null,
  payload jsonb not null,
  created_at timestamptz not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  done_at timestamptz,
  result text,
  url text,
  last_error text,
  primary key (repository_id, task_key)
);
create index outbox_breach on outbox (repository_id, created_at) where kind = 'breach' and url is not null;
create index outbox_due on outbox (due_at) where done_at is null;

create table tick (
  name text not null,
  slot timestamptz not null,
  primary key (name, slot)
);

create table job_issue (
  repository_id bigint not null,
  job_id bigint not null,
  issue integer not null,
  full_name text not null,
  url text not null,
  opened_at timestamptz not null,
  written_at timestamptz not null,
  closed_at timestamptz,
  counts_from timestamptz,
  closed_by_app boolean not null default false,
  primary key (repository_id, job_id)
)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  // PostgreSQL prepares one statement at a time. None of these contains a semicolon.
  for (const statement of TABLES.split(';')) await sql.raw(statement).execute(db)
}
