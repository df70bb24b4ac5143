/** What each repository's settings were, and from when; and the issues that are kept about single jobs. */
import { type Kysely, sql } from 'kysely'

const SETTINGS = `
create table settings (
  repository_id bigint not null,
  valid_from timestamptz not null,
  read_at timestamptz not null,
  settings jsonb not null,
  sources jsonb not null,
  problems jsonb not null,
  primary key (repository_id, valid_from)
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
  for (const statement of SETTINGS.split(';')) await sql.raw(statement).execute(db)
}
