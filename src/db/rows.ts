/** Writes many rows of a table in one statement of constant text, so that any number of rows uses the same plan. */
import { sql } from 'kysely'
import { PREPARED } from './client.ts'
import type { Database, Db } from './schema.ts'

/**
 * Columns of the tables that are written in bulk; a test compares them with the schema. The order matters for facts only: of
 * two rows with one key, the one that is greater in its first column outside the key is kept (see `FACT_KEYS`).
 */
const COLUMNS = {
  delivery: ['repository_id', 'guid', 'event', 'action', 'outcome', 'reason', 'received_at'],
  observation: [
    'repository_id',
    'head_sha',
    'run_key',
    'reported_at',
    'reported_id',
    'state',
    'mentions',
    'head_branch',
    'trunk',
    'suite_id',
    'source',
    'app',
    'name',
    'description',
    'url',
    'started_at',
    'completed_at',
  ],
  workflow_run: [
    'repository_id',
    'head_sha',
    'run_id',
    'attempt',
    'action',
    'path',
    'suite_id',
    'event',
    'conclusion',
    'actor',
    'actor_is_bot',
    'started_at',
  ],
  workflow_job: [
    'repository_id',
    'head_sha',
    'check_run_id',
    'steps',
    'run_id',
    'attempt',
    'name',
    'conclusion',
    'runner',
    'had_runner',
    'failed_steps',
    'cancelled_steps',
    'started_at',
    'completed_at',
  ],
  pull_request_event: [
    'repository_id',
    'number',
    'reported_at',
    'action',
    'head_sha',
    'head_ref',
    'head_repository_id',
    'base_ref',
    'base_sha',
    'state',
    'merged',
    'draft',
    'title',
    'author',
    'author_is_bot',
    'labels',
    'merge_sha',
    'created_at',
  ],
  comment: [
    'repository_id',
    'number',
    'comment_key',
    'kind',
    'author',
    'author_is_bot',
    'association',
    'reported_at',
    'body',
  ],
  rerun_request: [
    'repository_id',
    'head_sha',
    'run_key',
    'app',
    'name',
    'actor',
    'actor_is_bot',
    'reported_at',
  ],
  merge_group: ['repository_id', 'head_sha', 'action', 'base_ref', 'base_sha', 'number', 'reported_at'],
  repository_event: ['repository_id', 'guid', 'event', 'action', 'reported_at', 'detail'],
  outbox: ['repository_id', 'task_key', 'kind', 'payload', 'created_at', 'due_at'],
  stale_head: ['repository_id', 'head_sha', 'number'],
  stale_verdict: ['repository_id', 'job_id', 'changed_at'],
  stale_window: ['repository_id', 'changed_at', 'why'],
  job: ['repository_id', 'job_id', 'name', 'source', 'app', 'workflow', 'event'],
  run: [
    'repository_id',
    'kind',
    'number',
    'run_key',
    'head_sha',
    'job_id',
    'outcome',
    'reason',
    'base_ref',
    'base_sha',
    'suite_id',
    'url',
    'started_at',
    'completed_at',
  ],
  verdict: ['repository_id', 'job_id', 'head_sha', 'kind', 'number', 'flaky', 'judged_at', 'failed_at'],
  branch_push: ['repository_id', 'head_sha', 'ref', 'before_sha', 'created', 'files'],
  pull_request: [
    'repository_id',
    'number',
    'title',
    'subject',
    'repeats',
    'author',
    'head_ref',
    'base_ref',
    'opened_at',
    'merged_at',
    'files',
  ],
  incident: [
    'repository_id',
    'week',
    'incident',
    'job_id',
    'began_at',
    'ended_at',
    'rate',
    'jobs',
    'pull_requests',
    'failures',
    'on_trunk',
  ],
  repository_model: ['repository_id', 'week', 'a', 'b', 'share', 'severity'],
  change_point: [
    'repository_id',
    'job_id',
    'changed_on',
    'before_flaky',
    'before_verdicts',
    'after_flaky',
    'after_verdicts',
  ],
  correction: [
    'repository_id',
    'number',
    'correction_key',
    'says',
    'job',
    'reason',
    'author',
    'reported_at',
    'permission',
  ],
  stale_week: ['repository_id', 'week'],
  flake: [
    'repository_id',
    'head_sha',
    'job_id',
    'number',
    'base_ref',
    'pass_order',
    'grade',
    'runs',
    'retested',
    'retested_by_bot',
    'first_failed_at',
    'flaked_at',
    'definition_version',
    'followed',
  ],
  gate: ['repository_id', 'job_id', 'followed', 'changes'],
  flake_revision: [
    'repository_id',
    'head_sha',
    'job_id',
    'revised_at',
    'old',
    'new',
    'old_probability',
    'new_probability',
    'why',
  ],
  sla_window: [
    'repository_id',
    'kind',
    'start',
    'definition_version',
    'revision',
    'starts_at',
    'ends_at',
    'closed',
    'prs',
    'flakes',
    'flakes_counted',
    'flakes_low',
    'flakes_high',
    'flakes_caused_by_pr',
    'flakes_undetermined',
    'strong',
    'weak',
    'prs_with_flakes',
    'left_out',
    'target',
    'breached',
    'breach_probability',
    'required_source',
    'why',
    'measured_at',
  ],
} as const satisfies { [T in keyof Database]?: readonly (keyof Database[T])[] }

export type BulkTable = keyof typeof COLUMNS

/**
 * Keys of the facts of which two reports can say different things: a webhook and GitHub's API describe one run with
 * different lists of pull requests, for example. The greater row is kept, so that the order of arrival never decides. In
 * PostgreSQL's order of JSON a longer list is greater than a shorter one and any value is greater than null: the report that
 * says more wins.
 */
const FACT_KEYS: Partial<Record<BulkTable, readonly string[]>> = {
  observation: ['repository_id', 'head_sha', 'run_key', 'reported_at', 'reported_id', 'state'],
  workflow_run: ['repository_id', 'head_sha', 'run_id', 'attempt', 'action'],
  workflow_job: ['repository_id', 'head_sha', 'check_run_id'],
  pull_request_event: ['repository_id', 'number', 'reported_at', 'action', 'head_sha', 'base_ref'],
  comment: ['repository_id', 'number', 'comment_key'],
  rerun_request: ['repository_id', 'head_sha', 'run_key', 'actor'],
  merge_group: ['repository_id', 'head_sha', 'action'],
  branch_push: ['repository_id', 'head_sha', 'ref', 'before_sha'],
}

/** Keys by which a row of a derived table replaces an older one. */
const DERIVED_KEYS: Partial<Record<BulkTable, readonly string[]>> = {
  run: ['repository_id', 'head_sha', 'number', 'run_key'],
  verdict: ['repository_id', 'head_sha', 'job_id', 'number'],
  flake: ['repository_id', 'head_sha', 'job_id'],
  pull_request: ['repository_id', 'number'],
  repository_model: ['repository_id', 'week'],
  sla_window: ['repository_id', 'kind', 'start', 'definition_version', 'revision'],
}

/** Inserts rows that cannot exist yet. This is a fifth faster than `addRows`. */
export async function insertRows(db: Db, table: BulkTable, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return
  await sql`${sql.raw(PREPARED)}insert into ${sql.table(table)} (${columns(table)}) select ${columns(table)} ${from(table, rows)}`.execute(
    db,
  )
}

/** Adds rows. A row whose key exists changes nothing, unless it is a fact that says more (see `FACT_KEYS`). */
export async function addRows(db: Db, table: BulkTable, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return
  await adding(table, rows).execute(db)
}

/** The statement of `addRows`, which can be part of a larger one. @param only a `where` that every row must pass */
export function adding(table: BulkTable, rows: readonly object[], only = sql.raw('')) {
  const names = columns(table)
  const key = FACT_KEYS[table]
  if (!key)
    return sql`insert into ${sql.table(table)} (${names}) select ${names} ${from(table, rows)} ${only} on conflict do nothing`
  // A statement may write a row once, so only the greatest row of each key is inserted. The sort is rarely needed.
  const isSorted = hasRepeatedKey(rows, key)
  const unique = sql.raw(isSorted ? `distinct on (${key.join(', ')})` : '')
  const order = sql.raw(isSorted ? `order by ${key.join(', ')}, ${contentOf(table, key)} desc` : '')
  return sql`insert into ${sql.table(table)} as old (${names}) select ${unique} ${names} ${from(table, rows)} ${only} ${order}
    on conflict (${sql.raw(key.join(', '))}) do update set ${sql.raw(assignments(table, key))}
    where ${sql.raw(contentOf(table, key, 'excluded.'))} > ${sql.raw(contentOf(table, key, 'old.'))}`
}

function hasRepeatedKey(rows: readonly object[], key: readonly string[]): boolean {
  // One moment can be written in several ways.
  const part = (row: object, column: string) => {
    const value: unknown = row[column as keyof typeof row]
    return column.endsWith('_at') ? Date.parse(String(value)) : value
  }
  const keys = new Set(rows.map((row) => JSON.stringify(key.map((column) => part(row, column)))))
  return keys.size < rows.length
}

/** What a row says beside its key, as one value that can be compared. */
function contentOf(table: BulkTable, key: readonly string[], prefix = ''): string {
  return `jsonb_build_array(${contentColumns(table, key)
    .map((column) => `${prefix}"${column}"`)
    .join(', ')})`
}

function assignments(table: BulkTable, key: readonly string[]): string {
  return contentColumns(table, key)
    .map((column) => `"${column}" = excluded."${column}"`)
    .join(', ')
}

function contentColumns(table: BulkTable, key: readonly string[]): string[] {
  return COLUMNS[table].filter((column) => !key.includes(column))
}

/** Adds rows, and replaces existing rows that have the same key. */
export async function replaceRows(
  db: Db,
  table: 'run' | 'verdict' | 'flake' | 'pull_request' | 'repository_model' | 'sla_window',
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return
  const keys = DERIVED_KEYS[table] ?? []
  const others = COLUMNS[table].filter((column) => !keys.includes(column))
  const sets = sql.join(others.map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`))
  await sql`${sql.raw(PREPARED)}insert into ${sql.table(table)} (${columns(table)}) select ${columns(table)} ${from(table, rows)}
    on conflict (${sql.join(keys.map((key) => sql.ref(key)))}) do update set ${sets}`.execute(db)
}

/** The columns that are written in bulk, by table, for the test that compares them with the schema. */
export const bulkColumns: Readonly<Record<string, readonly string[]>> = COLUMNS

/** The column names as SQL. Raw text, because building it with Kysely took longer than the query. */
export function columns(table: BulkTable) {
  return sql.raw(COLUMNS[table].map((column) => `"${column}"`).join(', '))
}

function from(table: BulkTable, rows: readonly object[]) {
  return sql`from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json)`
}
