/** What did not arrive: deliveries to be sent again, and the times of which some may be missing. */
import { type Kysely, sql } from 'kysely'

const GAPS = `
create table missed_delivery (
  guid text primary key,
  delivery_id bigint not null,
  repository_id bigint not null,
  event text not null,
  delivered_at timestamptz not null,
  attempts integer not null default 0,
  tried_at timestamptz,
  done_at timestamptz,
  result text
);
create index missed_delivery_open on missed_delivery (delivered_at) where done_at is null;

create table gap (
  repository_id bigint not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  reason text not null,
  filled_at timestamptz,
  primary key (repository_id, from_at)
);

create table installation (
  installation_id bigint primary key,
  reported_at timestamptz not null,
  suspended_at timestamptz
);

create table delivery_check (
  checked_at timestamptz primary key
);

create table delivery_cursor (
  which text not null,
  cursor text not null,
  since timestamptz not null,
  primary key (which, cursor)
);

create table database_timeline (
  timeline text primary key,
  seen_at timestamptz not null
)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of GAPS.split(';')) await sql.raw(statement).execute(db)
}
