-- What the migrations make, written by `npm run docs`.

create table backfill (
  repository_id bigint not null,
  since timestamp with time zone not null,
  started_at timestamp with time zone not null,
  done_at timestamp with time zone,
  primary key (repository_id)
);

create table backfill_page (
  repository_id bigint not null,
  page_key text not null,
  seq bigint not null generated always as identity,
  kind text not null,
  detail jsonb not null,
  numbers jsonb not null,
  claimed_by text,
  claimed_until timestamp with time zone,
  done_at timestamp with time zone,
  problem text,
  primary key (repository_id, page_key)
);
create index backfill_page_open on backfill_page (repository_id, seq) where done_at IS NULL;

create table branch_push (
  repository_id bigint not null,
  head_sha text not null,
  ref text not null,
  created boolean not null,
  files jsonb,
  primary key (repository_id, head_sha, ref)
);
create index branch_push_ref on branch_push (repository_id, ref);

create table change_point (
  repository_id bigint not null,
  job_id bigint not null,
  changed_on date not null,
  before_flaky integer not null,
  before_verdicts integer not null,
  after_flaky integer not null,
  after_verdicts integer not null,
  merged jsonb not null,
  primary key (repository_id, job_id, changed_on)
);

create table comment (
  repository_id bigint not null,
  number integer not null,
  comment_key text not null,
  author text not null,
  author_is_bot boolean not null,
  association text,
  reported_at timestamp with time zone not null,
  body text not null,
  primary key (repository_id, number, comment_key)
);

create table correction (
  repository_id bigint not null,
  number integer not null,
  correction_key text not null,
  says text not null,
  job text,
  reason text not null,
  author text not null,
  reported_at timestamp with time zone not null,
  permission text not null,
  primary key (repository_id, number, correction_key)
);

create table database_timeline (
  timeline text not null,
  seen_at timestamp with time zone not null,
  primary key (timeline)
);

create table delivery (
  repository_id bigint not null,
  guid text not null,
  event text not null,
  action text,
  outcome text not null,
  reason text,
  received_at timestamp with time zone not null,
  primary key (repository_id, guid)
);
create index delivery_received on delivery (repository_id, received_at);

create table delivery_check (
  checked_at timestamp with time zone not null,
  primary key (checked_at)
);

create table delivery_cursor (
  which text not null,
  cursor text not null,
  since timestamp with time zone not null,
  primary key (which, cursor)
);

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
  first_failed_at timestamp with time zone not null,
  flaked_at timestamp with time zone not null,
  incident text,
  attribution text,
  probability double precision,
  counted boolean,
  evidence jsonb,
  definition_version integer not null,
  correction jsonb,
  primary key (repository_id, head_sha, job_id)
);
create index flake_flaked on flake (repository_id, flaked_at);
create index flake_of_job on flake (repository_id, job_id, flaked_at);
create index flake_of_pull_request on flake (repository_id, number);

create table flake_revision (
  repository_id bigint not null,
  head_sha text not null,
  job_id bigint not null,
  revised_at timestamp with time zone not null,
  old text,
  new text not null,
  old_probability double precision,
  new_probability double precision not null,
  why text not null,
  primary key (repository_id, head_sha, job_id, revised_at)
);

create table gap (
  repository_id bigint not null,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  reason text not null,
  filled_at timestamp with time zone,
  primary key (repository_id, from_at)
);

create table hunt (
  hunt_id bigint not null generated always as identity,
  name text not null,
  place text not null,
  repository text,
  job text,
  changed text,
  notes text not null,
  settings jsonb not null,
  environment jsonb not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ending text,
  ended_by integer,
  missed boolean not null,
  headline text,
  answer jsonb,
  requested_key text,
  unique (name),
  unique (requested_key),
  primary key (hunt_id)
);
create index hunt_of_job on hunt (lower(repository), job, started_at);

create table hunt_run (
  hunt_id bigint not null,
  number integer not null,
  outcome text not null,
  exit_code integer,
  timed_out boolean not null,
  started_at timestamp with time zone,
  duration_ms double precision not null,
  ended integer not null,
  worker text,
  node text,
  seed bigint,
  message text,
  output text,
  killed_for text,
  peak_memory_bytes bigint,
  primary key (hunt_id, number),
  FOREIGN KEY (hunt_id) REFERENCES hunt(hunt_id) ON DELETE CASCADE
);

create table hunted_attempt (
  repository_id bigint not null,
  head_sha text not null,
  run_id bigint not null,
  attempt integer not null,
  suite_id bigint not null,
  after_at timestamp with time zone not null,
  until_at timestamp with time zone,
  primary key (repository_id, head_sha, run_id, attempt)
);

create table incident (
  repository_id bigint not null,
  week date not null,
  incident text not null,
  job_id bigint,
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  rate double precision not null,
  jobs jsonb not null,
  pull_requests jsonb not null,
  failures integer not null,
  on_trunk boolean not null,
  primary key (repository_id, week, incident)
);
create index incident_ended on incident (repository_id, ended_at);

create table installation (
  installation_id bigint not null,
  reported_at timestamp with time zone not null,
  suspended_at timestamp with time zone,
  primary key (installation_id)
);

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

create table job_issue (
  repository_id bigint not null,
  job_id bigint not null,
  issue integer not null,
  full_name text not null,
  url text not null,
  opened_at timestamp with time zone not null,
  written_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  counts_from timestamp with time zone,
  closed_by_app boolean not null default false,
  primary key (repository_id, job_id)
);

create table merge_group (
  repository_id bigint not null,
  head_sha text not null,
  action text not null,
  base_ref text not null,
  base_sha text not null,
  number integer,
  reported_at timestamp with time zone not null,
  primary key (repository_id, head_sha, action)
);

create table missed_delivery (
  guid text not null,
  delivery_id bigint not null,
  repository_id bigint not null,
  event text not null,
  delivered_at timestamp with time zone not null,
  attempts integer not null default 0,
  tried_at timestamp with time zone,
  done_at timestamp with time zone,
  result text,
  primary key (guid)
);
create index missed_delivery_open on missed_delivery (delivered_at) where done_at IS NULL;

create table observation (
  repository_id bigint not null,
  head_sha text not null,
  run_key text not null,
  reported_at timestamp with time zone not null,
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
  started_at timestamp with time zone,
  completed_at timestamp with time zone not null,
  primary key (repository_id, head_sha, run_key, reported_at, reported_id, state)
);

create table orphan_head (
  repository_id bigint not null,
  head_sha text not null,
  head_branches jsonb not null,
  completed_at timestamp with time zone not null,
  due_at timestamp with time zone,
  tries integer not null default 0,
  primary key (repository_id, head_sha)
);
create index orphan_head_due on orphan_head (repository_id, due_at) where due_at IS NOT NULL;

create table outbox (
  repository_id bigint not null,
  task_key text not null,
  kind text not null,
  payload jsonb not null,
  created_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  attempts integer not null default 0,
  done_at timestamp with time zone,
  result text,
  url text,
  last_error text,
  primary key (repository_id, task_key)
);
create index outbox_breach on outbox (repository_id, created_at) where (kind = 'breach'::text) AND (url IS NOT NULL);
create index outbox_due on outbox (due_at) where done_at IS NULL;

create table pull_request (
  repository_id bigint not null,
  number integer not null,
  title text not null,
  subject text not null,
  repeats boolean not null,
  author text not null,
  head_ref text,
  base_ref text,
  opened_at timestamp with time zone not null,
  merged_at timestamp with time zone,
  files text,
  primary key (repository_id, number)
);
create index pull_request_base_ref on pull_request (repository_id, base_ref);
create index pull_request_head_ref on pull_request (repository_id, head_ref) where head_ref IS NOT NULL;
create index pull_request_merged on pull_request (repository_id, merged_at) where merged_at IS NOT NULL;
create index pull_request_subject on pull_request (repository_id, md5(subject));

create table pull_request_event (
  repository_id bigint not null,
  number integer not null,
  reported_at timestamp with time zone not null,
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
  created_at timestamp with time zone not null,
  primary key (repository_id, number, reported_at, action, head_sha, base_ref)
);
create index pull_request_event_head on pull_request_event (repository_id, head_sha);
create index pull_request_event_merged on pull_request_event (repository_id, reported_at) where merged AND (action = 'closed'::text);

create table repository (
  repository_id bigint not null,
  full_name text not null,
  private boolean not null,
  default_branch text,
  installation_id bigint,
  reported_at timestamp with time zone not null,
  removed_at timestamp with time zone,
  primary key (repository_id)
);
create index repository_named on repository (lower(full_name));

create table repository_event (
  repository_id bigint not null,
  guid text not null,
  event text not null,
  action text,
  reported_at timestamp with time zone not null,
  detail jsonb not null,
  primary key (repository_id, guid)
);
create index repository_event_reported on repository_event (repository_id, event, reported_at);

create table repository_model (
  repository_id bigint not null,
  week date not null,
  a double precision not null,
  b double precision not null,
  share double precision not null,
  severity text not null,
  primary key (repository_id, week)
);

create table required_jobs (
  repository_id bigint not null,
  base_ref text not null,
  valid_from timestamp with time zone not null,
  jobs jsonb not null,
  problem text,
  primary key (repository_id, base_ref, valid_from)
);

create table rerun_request (
  repository_id bigint not null,
  head_sha text not null,
  run_key text not null,
  app text not null,
  name text not null,
  actor text not null,
  actor_is_bot boolean not null,
  reported_at timestamp with time zone not null,
  primary key (repository_id, head_sha, run_key, actor)
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
  started_at timestamp with time zone,
  completed_at timestamp with time zone not null,
  unique nulls not distinct (repository_id, head_sha, number, run_key)
);
create index run_completed on run (repository_id, completed_at);
create index run_left_out on run (repository_id, completed_at) where (outcome <> ALL (ARRAY['pass'::text, 'fail'::text])) AND (kind = 'pull_request'::text);
create index run_of_job on run (repository_id, job_id, completed_at);
create index run_of_pull_request on run (repository_id, number, completed_at);
create index run_on_trunk on run (repository_id, completed_at) where kind <> 'pull_request'::text;
create index run_tested on run (repository_id, completed_at) INCLUDE (number, job_id) where (outcome = ANY (ARRAY['pass'::text, 'fail'::text])) AND (kind = 'pull_request'::text);

create table runner (
  repository_id bigint not null,
  head_sha text not null,
  check_run_id bigint not null,
  name text not null,
  reported_at timestamp with time zone not null,
  primary key (repository_id, head_sha, check_run_id)
);

create table session (
  session_hash text not null,
  user_id bigint not null,
  login text not null,
  token text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  primary key (session_hash)
);
create index session_expires on session (expires_at);

create table settings (
  repository_id bigint not null,
  valid_from timestamp with time zone not null,
  read_at timestamp with time zone not null,
  settings jsonb not null,
  sources jsonb not null,
  problems jsonb not null,
  primary key (repository_id, valid_from)
);

create table sla_window (
  repository_id bigint not null,
  kind text not null,
  start date not null,
  definition_version integer not null,
  revision integer not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
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
  measured_at timestamp with time zone not null,
  primary key (repository_id, kind, start, definition_version, revision)
);
create index sla_window_open on sla_window (repository_id, ends_at) where NOT closed;

create table stale_head (
  repository_id bigint not null,
  seq bigint not null generated always as identity,
  head_sha text,
  number integer,
  primary key (repository_id, seq)
);

create table stale_verdict (
  repository_id bigint not null,
  seq bigint not null generated always as identity,
  job_id bigint not null,
  changed_at timestamp with time zone not null,
  primary key (repository_id, seq)
);

create table stale_week (
  repository_id bigint not null,
  seq bigint not null generated always as identity,
  week date not null,
  primary key (repository_id, seq)
);

create table stale_window (
  repository_id bigint not null,
  seq bigint not null generated always as identity,
  changed_at timestamp with time zone not null,
  why text not null,
  primary key (repository_id, seq)
);

create table tick (
  name text not null,
  slot timestamp with time zone not null,
  primary key (name, slot)
);

create table verdict (
  repository_id bigint not null,
  job_id bigint not null,
  head_sha text not null,
  kind text not null,
  number integer,
  flaky boolean not null,
  judged_at timestamp with time zone not null,
  failed_at timestamp with time zone,
  unique nulls not distinct (repository_id, head_sha, job_id, number)
);
create index verdict_flaky on verdict (repository_id, job_id, judged_at) INCLUDE (number) WHERE flaky;
create index verdict_judged on verdict (repository_id, judged_at);
create index verdict_of_job on verdict (repository_id, job_id, judged_at);
create index verdict_of_pull_request on verdict (repository_id, number, job_id);

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
  started_at timestamp with time zone not null,
  primary key (repository_id, head_sha, run_id, attempt, action)
);
