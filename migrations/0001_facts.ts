/** Facts: what GitHub reported. Rows are added and never changed; every key begins with the repository. */
import { type Kysely, sql } from 'kysely'

const TABLES = `
create table repository (
  repository_id bigint not null,
  full_name text not null,
  private boolean not null,
  default_branch text,
  installation_id bigint,
  reported_at timestamptz not null,
  removed_at timestamptz,
  listed boolean not null default false,
  private_at timestamptz,
  public_at timestamptz,
  primary key (repository_id)
);
create index repository_named on repository (lower(full_name));

create table repository_installation (
  repository_id bigint not null,
  installation_id bigint not null,
  changed_at timestamptz not null,
  state text not null,
  primary key (repository_id, installation_id)
);

create table installation (
  installation_id bigint not null,
  reported_at timestamptz not null,
  suspended_at timestamptz,
  resumed_at timestamptz,
  primary key (installation_id)
);

create table delivery (
  repository_id bigint not null,
  guid text not null,
  event text not null,
  action text,
  outcome text not null,
  reason text,
  received_at timestamptz not null,
  primary key (repository_id, guid)
);
create index delivery_received on delivery (repository_id, received_at);

create table observation (
  repository_id bigint not null,
  head_sha text not null,
  run_key text not null,
  reported_at timestamptz not null,
  reported_id bigint not null,
  state text not null,
  source text not null,
  app text not null,
  name text not null,
  description text,
  url text,
  suite_id bigint,
  head_branch text,
  trunk boolean not null,
  mentions jsonb not null,
  started_at timestamptz,
  completed_at timestamptz not null,
  primary key (repository_id, head_sha, run_key, reported_at, reported_id, state)
);

create table workflow_run (
  repository_id bigint not null,
  head_sha text not null,
  run_id bigint not null,
  attempt integer not null,
  action text not null,
  suite_id bigint,
  path text not null,
  event text not null,
  conclusion text,
  actor text,
  actor_is_bot boolean not null,
  started_at timestamptz not null,
  primary key (repository_id, head_sha, run_id, attempt, action)
);

create table workflow_job (
  repository_id bigint not null,
  head_sha text not null,
  check_run_id bigint not null,
  run_id bigint not null,
  attempt integer not null,
  name text not null,
  conclusion text not null,
  runner text,
  had_runner boolean not null,
  steps integer,
  failed_steps integer not null,
  cancelled_steps integer not null,
  started_at timestamptz,
  completed_at timestamptz not null,
  primary key (repository_id, head_sha, check_run_id)
);
create index workflow_job_cancelled on workflow_job (repository_id, name)
  where conclusion = 'cancelled' and cancelled_steps = 1;

create table pull_request_event (
  repository_id bigint not null,
  number integer not null,
  reported_at timestamptz not null,
  action text not null,
  head_sha text not null,
  head_ref text,
  head_repository_id bigint,
  base_ref text not null,
  base_sha text,
  state text not null,
  merged boolean not null,
  draft boolean not null,
  title text not null,
  author text not null,
  author_is_bot boolean not null,
  labels jsonb not null,
  merge_sha text,
  created_at timestamptz not null,
  primary key (repository_id, number, reported_at, action, head_sha, base_ref)
);
create index pull_request_event_head on pull_request_event (repository_id, head_sha);
create index pull_request_event_merged on pull_request_event (repository_id, reported_at)
  where merged and action = 'closed';

create table comment (
  repository_id bigint not null,
  number integer not null,
  comment_key text not null,
  kind text not null,
  author text not null,
  author_is_bot boolean not null,
  association text,
  reported_at timestamptz not null,
  body text not null,
  primary key (repository_id, number, comment_key)
);

create table rerun_request (
  repository_id bigint not null,
  head_sha text not null,
  run_key text not null,
  app text not null,
  name text,
  actor text not null,
  actor_is_bot boolean not null,
  reported_at timestamptz not null,
  primary key (repository_id, head_sha, run_key, actor)
);

create table merge_group (
  repository_id bigint not null,
  head_sha text not null,
  action text not null,
  base_ref text not null,
  base_sha text not null,
  number integer,
  reported_at timestamptz not null,
  primary key (repository_id, head_sha, action)
);

create table branch_push (
  repository_id bigint not null,
  head_sha text not null,
  ref text not null,
  before_sha text not null,
  created boolean not null,
  files jsonb,
  primary key (repository_id, head_sha, ref, before_sha)
);
create index branch_push_ref on branch_push (repository_id, ref);

create table repository_event (
  repository_id bigint not null,
  guid text not null,
  event text not null,
  action text,
  reported_at timestamptz not null,
  detail jsonb not null,
  primary key (repository_id, guid)
);
create index repository_event_reported on repository_event (repository_id, event, reported_at);

create table required_jobs (
  repository_id bigint not null,
  base_ref text not null,
  valid_from timestamptz not null,
  jobs jsonb,
  problem text,
  primary key (repository_id, base_ref, valid_from)
);

create table correction (
  repository_id bigint not null,
  number integer not null,
  correction_key text not null,
  says text not null,
  job text,
  reason text not null,
  author text not null,
  reported_at timestamptz not null,
  permission text not null,
  primary key (repository_id, number, correction_key)
);

create table settings (
  repository_id bigint not null,
  valid_from timestamptz not null,
  read_at timestamptz not null,
  settings jsonb not null,
  sources jsonb not null,
  problems jsonb not null,
  primary key (repository_id, valid_from)
);

create table horizon (
  repository_id bigint not null,
  facts_since timestamptz not null,
  primary key (repository_id)
);

create table expired_head (
  repository_id bigint not null,
  head_sha text not null,
  primary key (repository_id, head_sha)
);

create table hunted_attempt (
  repository_id bigint not null,
  head_sha text not null,
  run_id bigint not null,
  attempt integer not null,
  suite_id bigint not null,
  after_at timestamptz not null,
  until_at timestamptz,
  primary key (repository_id, head_sha, run_id, attempt)
)
`

export async function up(db: Kysely<unknown>): Promise<void> {
  // PostgreSQL prepares one statement at a time. None of these contains a semicolon.
  for (const statement of TABLES.split(';')) await sql.raw(statement).execute(db)
}
