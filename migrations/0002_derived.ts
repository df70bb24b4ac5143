/** Derived rows: computed from the facts, and computable again at any time. */
import { type Kysely, sql } from 'kysely'

const TABLES = `
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
create index run_left_out on run (repository_id, completed_at)
  where outcome not in ('pass', 'fail') and kind = 'pull_request';
create index run_of_job on run (repository_id, job_id, completed_at);
create index run_of_pull_request on run (repository_id, number, completed_at);
create index run_on_trunk on run (repository_id, completed_at) where kind <> 'pull_request';
create index run_tested on run (repository_id, completed_at) include (number, job_id)
  where outcome in ('pass', 'fail') and kind = 'pull_request';

create table verdict (
  repository_id bigint not null,
  job_id bigint not null,
  head_sha text not null,
  kind text not null,
  number integer,
  flaky boolean not null,
  judged_at timestamptz not null,
  failed_at timestamptz,
  unique nulls not distinct (repository_id, head_sha, job_id, number)
);
create index verdict_flaky on verdict (repository_id, job_id, judged_at) include (number) where flaky;
create index verdict_judged on verdict (repository_id, judged_at);
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
  followed text,
  correction jsonb,
  primary key (repository_id, head_sha, job_id)
);
create index flake_flaked on flake (repository_id, flaked_at);
create index flake_of_job on flake (repository_id, job_id, flaked_at);
create index flake_of_pull_request on flake (repository_id, number);

create table gate (
  repository_id bigint not null,
  job_id bigint not null,
  followed text not null,
  changes integer not null,
  primary key (repository_id, job_id)
);

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

create table pull_request (
  repository_id bigint not null,
  number integer not null,
  title text not null,
  subject text not null,
  repeats boolean not null,
  author text not null,
  head_ref text,
  base_ref text,
  opened_at timestamptz not null,
  merged_at timestamptz,
  files text,
  primary key (repository_id, number)
);
create index pull_request_base_ref on pull_request (repository_id, base_ref);
create index pull_request_head_ref on pull_request (repository_id, head_ref) where head_ref is not null;
create index pull_request_merged on pull_request (repository_id, merged_at) where merged_at is not null;
create index pull_request_subject on pull_request (repository_id, md5(subject));

create table incident (
  repository_id bigint not null,
  week date not null,
  incident text not null,
  job_id bigint,
  began_at timestamptz not null,
  ended_at timestamptz not null,
  rate double precision not null,
  jobs jsonb not null,
  pull_requests jsonb not null,
  failures integer not null,
  on_trunk boolean not null,
  primary key (repository_id, week, incident)
);
create index incident_ended on incident (repository_id, ended_at);

create table change_point (
  repository_id bigint not null,
  job_id bigint not null,
  changed_on date not null,
  before_flaky integer not null,
  before_verdicts integer not null,
  after_flaky integer not null,
  after_verdicts integer not null,
  primary key (repository_id, job_id, changed_on)
);

create table repository_model (
  repository_id bigint not null,
  week date not null,
  a double precision not null,
  b double precision not null,
  share double precision not null,
  severity text not null,
  primary key (repository_id, week)
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
create index sla_window_open on sla_window (repository_id, ends_at) where not closed
`

export async function up(db: Kysely<unknown>): Promise<void> {
  // PostgreSQL prepares one statement at a time. None of these contains a semicolon.
  for (const statement of TABLES.split(';')) await sql.raw(statement).execute(db)
}
