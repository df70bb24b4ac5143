/** What was read over the API, and what did not arrive: pages of history, gaps, missed deliveries and orphan heads. */
import { type Kysely, sql } from 'kysely'

const TABLES = `
create table backfill (
  repository_id bigint not null,
  since timestamptz not null,
  started_at timestamptz not null,
  done_at timestamptz,
  wanted_since timestamptz not null,
  complete_since timestamptz not null,
  results_since timestamptz,
  kept_days integer,
  continues boolean not null,
  primary key (repository_id)
);

create table backfill_page (
  repository_id bigint not null,
  page_key text not null,
  seq bigint generated always as identity,
  kind text not null,
  payload jsonb not null,
  numbers jsonb not null,
  claimed_by text,
  claimed_until timestamptz,
  done_at timestamptz,
  problem text,
  primary key (repository_id, page_key)
);
create index backfill_page_open on backfill_page (repository_id, seq) where done_at is null;

create table gap (
  repository_id bigint not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  reason text not null,
  filled_at timestamptz,
  primary key (repository_id, from_at)
);

create table missed_delivery (
  guid text not null,
  delivery_id bigint not null,
  repository_id bigint not null,
  event text not null,
  delivered_at timestamptz not null,
  attempts integer not null default 0,
  tried_at timestamptz,
  done_at timestamptz,
  result text,
  primary key (guid)
);
create index missed_delivery_open on missed_delivery (delivered_at) where done_at is null;

create table delivery_check (
  checked_at timestamptz not null,
  primary key (checked_at)
);

create table delivery_cursor (
  which text not null,
  cursor text not null,
  since timestamptz not null,
  primary key (which, cursor)
);

create table database_timeline (
  timeline text not null,
  seen_at timestamptz not null,
  primary key (timeline)
);

create table orphan_head (
  repository_id bigint not null,
  head_sha text not null,
  head_branches jsonb not null,
  completed_at timestamptz not null,
  due_at timestamptz,
  tries integer not null default 0,
  primary key (repository_id, head_sha)
);
create index orphan_head_due on orphan_head (repository_id, due_at) where due_at is not null
`

export async function up(db: Kysely<unknown>): Promise<void> {
  // PostgreSQL prepares one statement at a time. None of these contains a semicolon.
  for (const statement of TABLES.split(';')) await sql.raw(statement).execute(db)
}
