/** Facts in and out: what webhooks told, added once, and read back a commit at a time. */
import { type Kysely, sql } from 'kysely'
import { TRUSTED_ASSOCIATIONS } from '../domain/correction.ts'
import type { Facts, RepositoryFact } from '../domain/facts.ts'
import type { HeadFacts } from '../domain/head.ts'
import { type Db, KEPT } from './client.ts'
import { addCorrection } from './corrections.ts'
import { tellInstallations } from './installations.ts'
import { withoutRemoved } from './removed.ts'
import { adding, type BulkTable } from './rows.ts'
import type { Database, NewRow, Row } from './schema.ts'

/** A delivery with what it told; `effects: false` records without asking for anything to be done on GitHub. */
export interface Recording {
  delivery: NewRow<'delivery'>
  facts: Facts
}

const FACT_TABLES = [
  'observation',
  'workflow_run',
  'pull_request_event',
  'comment',
  'rerun_request',
  'merge_group',
  'branch_push',
  'repository_event',
  'outbox',
] as const

/**
 * Adds deliveries and their facts, with the marks of what has to be concluded again, in one statement: all of it or nothing,
 * durable after one way there and back.
 * @returns the GUIDs that were new; the facts of the others are added too, and change nothing if they were there
 */
export async function recordFacts(
  db: Db,
  recordings: readonly Recording[],
  options: { effects: boolean },
): Promise<Set<string>> {
  const told = await withoutRemoved(
    db,
    recordings.map((one) => one.facts),
  )
  const parts = partsOf(told, options)
  const deliveries = recordings.map((one) => one.delivery)
  parts.push(sql`new_delivery as (${adding('delivery', deliveries)} returning guid)`)
  const result = await sql<{
    guid: string
  }>`${sql.raw(KEPT)}with ${sql.join(parts)} select guid from new_delivery`.execute(db)
  await addRare(db, told, options)
  return new Set(result.rows.map((row) => row.guid))
}

/** Adds facts that came without a delivery, of whatever repository. To be called in a transaction. */
export async function addFacts(
  trx: Kysely<Database>,
  told: readonly Facts[],
  options: { effects: boolean },
): Promise<void> {
  const parts = partsOf(told, options)
  if (parts.length > 0) await sql`with ${sql.join(parts)} select 1`.execute(trx)
  await addRare(trx, told, options)
}

/** What is added, as parts of one statement. */
function partsOf(told: readonly Facts[], options: { effects: boolean }) {
  const rows = new Map<BulkTable, readonly object[]>()
  for (const table of FACT_TABLES) {
    if (table === 'outbox' && !options.effects) continue
    const facts = told.flatMap((one): readonly object[] => one[table] ?? [])
    if (facts.length > 0) rows.set(table, facts)
  }
  const stale = staleHeads(told)
  if (stale.length > 0) rows.set('stale_head', stale)
  const repositories = newestWords(told)
  const parts = [...rows].map(
    ([table, facts]) => sql`${sql.ref(`new_${table}`)} as (${adding(table, facts)})`,
  )
  if (repositories.length > 0) parts.push(sql`new_repository as (${telling(repositories)})`)
  return parts
}

/** Facts that are few, and looked at one by one. */
async function addRare(
  db: Kysely<Database>,
  told: readonly Facts[],
  options: { effects: boolean },
): Promise<void> {
  // With effects, a correction is added when GitHub has said that its author may.
  if (!options.effects) await addTrusted(db, told)
  await tellInstallations(
    db,
    told.flatMap((one) => one.installation ?? []),
  )
}

async function addTrusted(db: Kysely<Database>, told: readonly Facts[]): Promise<void> {
  for (const facts of told) {
    for (const one of facts.correction ?? [])
      if (TRUSTED_ASSOCIATIONS.includes(one.permission)) await addCorrection(db, one)
  }
}

function staleHeads(told: readonly Facts[]): object[] {
  const marks = new Map<string, { repository_id: number; head_sha: string | null; number: number | null }>()
  const mark = (repository_id: number, head_sha: string | null, number: number | null) =>
    marks.set(`${repository_id}/${head_sha}/${number}`, { repository_id, head_sha, number })
  for (const facts of told) {
    for (const one of facts.observation ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.workflow_run ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.pull_request_event ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.rerun_request ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.branch_push ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.merge_group ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.comment ?? []) mark(one.repository_id, null, one.number)
  }
  return [...marks.values()]
}

/** The newest word about each repository, in the order of their ids: two writers never wait for each other in a circle. */
function newestWords(told: readonly Facts[]): RepositoryFact[] {
  const newest = new Map<number, RepositoryFact>()
  for (const facts of told) {
    for (const one of facts.repository ?? []) {
      const known = newest.get(one.repository_id)
      if (!known || Date.parse(one.told_at) >= Date.parse(known.told_at)) newest.set(one.repository_id, one)
    }
  }
  return [...newest.values()].sort((a, b) => a.repository_id - b.repository_id)
}

/**
 * The newest word stands: names, visibility and default branches change. What says nothing new is left out before the
 * insert, which would lock the row, and every writer writes about the same few repositories.
 */
function telling(repositories: readonly RepositoryFact[]) {
  return sql`insert into repository as r (repository_id, full_name, private, default_branch, installation_id, told_at, removed_at)
    select t.repository_id, t.full_name, t.private, t.default_branch, t.installation_id, t.told_at, t.removed_at
    from json_populate_recordset(null::repository, ${JSON.stringify(repositories)}::json) t
    where not exists (select from repository k where k.repository_id = t.repository_id
      and (t.told_at <= k.told_at or ${sameWord('k', 't')}))
    on conflict (repository_id) do update set full_name = excluded.full_name, private = excluded.private,
      default_branch = coalesce(excluded.default_branch, r.default_branch),
      installation_id = coalesce(excluded.installation_id, r.installation_id),
      told_at = excluded.told_at, removed_at = excluded.removed_at
    where excluded.told_at > r.told_at and not ${sameWord('r', 'excluded')}`
}

/** Whether the new row would change nothing: what it leaves open stays as it is. */
function sameWord(old: string, fresh: string) {
  const of = (column: string) => sql`${sql.ref(`${fresh}.${column}`)}`
  const was = (column: string) => sql`${sql.ref(`${old}.${column}`)}`
  const kept = (column: string) =>
    sql`coalesce(${of(column)}, ${was(column)}) is not distinct from ${was(column)}`
  return sql`(${of('full_name')} = ${was('full_name')} and ${of('private')} = ${was('private')}
    and ${of('removed_at')} is not distinct from ${was('removed_at')}
    and ${kept('default_branch')} and ${kept('installation_id')})`
}

/** All facts about the commits of one repository, by commit. */
export async function readHeads(
  db: Kysely<Database>,
  repositoryId: number,
  shas: readonly string[],
): Promise<HeadFacts[]> {
  const at = { repositoryId, shas: [...shas] }
  const observations = await ofHeads(db, 'observation', at)
  const workflowRuns = await ofHeads(db, 'workflow_run', at)
  const pullRequests = await ofHeads(db, 'pull_request_event', at)
  const mergeGroups = await ofHeads(db, 'merge_group', at)
  const rerunRequests = await ofHeads(db, 'rerun_request', at)
  const numbers = [...new Set(pullRequests.map((one) => one.number))]
  const comments = numbers.length === 0 ? [] : await commentsOn(db, repositoryId, numbers)
  const by = {
    observations: groupBy(observations, (one) => one.head_sha),
    workflowRuns: groupBy(workflowRuns, (one) => one.head_sha),
    pullRequests: groupBy(pullRequests, (one) => one.head_sha),
    mergeGroups: groupBy(mergeGroups, (one) => one.head_sha),
    rerunRequests: groupBy(rerunRequests, (one) => one.head_sha),
    comments: groupBy(comments, (one) => one.number),
  }
  return shas.map((headSha) => {
    const heads = by.pullRequests.get(headSha) ?? []
    const on = [...new Set(heads.map((one) => one.number))]
    return {
      headSha,
      observations: by.observations.get(headSha) ?? [],
      workflowRuns: by.workflowRuns.get(headSha) ?? [],
      pullRequests: heads,
      mergeGroups: by.mergeGroups.get(headSha) ?? [],
      rerunRequests: by.rerunRequests.get(headSha) ?? [],
      comments: on.flatMap((number) => by.comments.get(number) ?? []),
    } as unknown as HeadFacts
  })
}

type HeadTable = 'observation' | 'workflow_run' | 'pull_request_event' | 'merge_group' | 'rerun_request'

async function ofHeads<T extends HeadTable>(
  db: Kysely<Database>,
  table: T,
  at: { repositoryId: number; shas: string[] },
): Promise<Row<T>[]> {
  const result = await sql<Row<T>>`select * from ${sql.table(table)}
    where repository_id = ${at.repositoryId} and head_sha = any(${at.shas})`.execute(db)
  return result.rows
}

function commentsOn(
  db: Kysely<Database>,
  repositoryId: number,
  numbers: number[],
): Promise<Row<'comment'>[]> {
  return db
    .selectFrom('comment')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', (eb) => eb.fn.any(eb.val(numbers)))
    .execute()
}

function groupBy<T, K>(rows: readonly T[], key: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group) group.push(row)
    else groups.set(key(row), [row])
  }
  return groups
}
