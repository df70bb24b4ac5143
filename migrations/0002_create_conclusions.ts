/** Conclusions: derived from the facts, and derivable again at any time; and the queues between the two. */
import { type Kysely, sql } from 'kysely'

const CONCLUSIONS = `
create table job (
  repository_id bigint not null,
  job_id bigint not null,
  name text not null,
  source text not null,
  app text not null,
  workflow text,
  event text,
  primary key (repository_id, job_id)
);

create table run (
  repository_id bigint not null,
  kind text not null,
  number integer,
  run_key text not null,
  head_sha text not null,
  job_id bigint not null,
  outcome text not null,
  reason text,
  base_ref text,
  base_sha text,
  suite_id bigint,
  url text,
  started_at timestamptz,
  completed_at timestamptz not null,
  unique nulls not distinct (repository_id, head_sha, number, run_key)
);
create index run_completed on run (repository_id, completed_at);
create index run_of_job on run (repository_id, job_id, completed_at);
create index run_of_pull_request on run (repository_id, number, completed_at);

create table verdict (
  repository_id bigint not null,
  job_id bigint not null,
  head_sha text not null,
  kind text not null,
  number integer,
  flaky boolean not null,
  judged_at timestamptz not null,
  unique nulls not distinct (repository_id, head_sha, job_id, number)
);
create index verdict_of_job on verdict (repository_id, job_id, judged_at);
create index verdict_of_pull_request on verdict (repository_id, number, job_id);

create table flake (
  repository_id bigint not null,
  head_sha text not null,
  job_id bigint not null,
  number integer not null,
  base_ref text,
  pass_order text not null,
  grade text not null,
  runs integer not null,
  retested boolean not null,
  retested_by_bot boolean not null,
  first_failed_at timestamptz not null,
  flaked_at timestamptz not null,
  incident text,
  attribution text,
  probability double precision,
  counted boolean,
  evidence jsonb,
  definition_version integer not null,
  primary key (repository_id, head_sha, job_id)
);
create index flake_flaked on flake (repository_id, flaked_at);
create index flake_of_job on flake (repository_id, job_id, flaked_at);
create index flake_of_pull_request on flake (repository_id, number);

create table flake_revision (
  repository_id bigint not null,
  head_sha text not null,
  job_id bigint not null,
  revised_at timestamptz not null,
  old text,
  new text not null,
  old_probability double precision,
  new_probability double precision not null,
  why text not null,
  primary key (repository_id, head_sha, job_id, revised_at)
);

create table sla_window (
  repository_id bigint not null,
  kind text not null,
  start date not null,
  definition_version integer not null,
  revision integer not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  closed boolean not null,
  prs integer not null,
  flakes integer not null,
  flakes_counted integer not null,
  flakes_low integer not null,
  flakes_high integer not null,
  flakes_caused_by_pr integer not null,
  flakes_undetermined integer not null,
  strong integer not null,
  weak integer not null,
  prs_with_flakes integer not null,
  left_out jsonb not null,
  target double precision not null,
  breached boolean not null,
  breach_probability double precision,
  required_source text not null,
  why text,
  measured_at timestamptz not null,
  primary key (repository_id, kind, start, definition_version, revision)
);

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
create index outbox_due on outbox (due_at) where done_at is null;

create table tick (
  name text not null,
  slot timestamptz not null,
  primary key (name, slot)
)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of CONCLUSIONS.split(';')) await sql.raw(statement).execute(db)
}
