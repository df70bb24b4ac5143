/** What attribution learns of a repository: incidents, changes of a job's rate, what faults are like there; and corrections. */
import { type Kysely, sql } from 'kysely'

const ATTRIBUTION = `
alter table verdict add column failed_at timestamptz;
update verdict v set failed_at = f.first_failed_at from flake f
  where v.flaky and f.repository_id = v.repository_id and f.head_sha = v.head_sha and f.job_id = v.job_id;
create index verdict_judged on verdict (repository_id, judged_at);
create index run_on_trunk on run (repository_id, completed_at) where kind <> 'pull_request';

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
create index pull_request_head_ref on pull_request (repository_id, head_ref) where head_ref is not null;
create index pull_request_base_ref on pull_request (repository_id, base_ref);
create index pull_request_subject on pull_request (repository_id, md5(subject));
create index pull_request_merged on pull_request (repository_id, merged_at) where merged_at is not null;

create table branch_push (
  repository_id bigint not null,
  head_sha text not null,
  ref text not null,
  created boolean not null,
  files jsonb,
  primary key (repository_id, head_sha, ref)
);
create index branch_push_ref on branch_push (repository_id, ref);

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
  merged jsonb not null,
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

create table stale_week (
  repository_id bigint not null,
  seq bigint generated always as identity,
  week date not null,
  primary key (repository_id, seq)
);

alter table flake add column correction jsonb
`

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of ATTRIBUTION.split(';')) await sql.raw(statement).execute(db)
}
