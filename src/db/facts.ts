/** Writes the facts that webhooks report, each once, and reads them back by commit. */

import { type RawBuilder, sql } from 'kysely'
import { TRUSTED_ASSOCIATIONS } from '../domain/correction.ts'
import type { Facts, InstallationFact, RepositoryFact } from '../domain/facts.ts'
import { PREPARED } from './client.ts'
import { addCorrection } from './corrections.ts'
import { readRemovedAmong } from './repositories.ts'
import { adding, type BulkTable } from './rows.ts'
import type { Db, NewRow } from './schema.ts'

/** A delivery with what it told; `tasks: false` records without asking for anything to be done on GitHub. */
export interface Recording {
  delivery: NewRow<'delivery'>
  facts: Facts
}

const FACT_TABLES = [
  'observation',
  'workflow_run',
  'runner',
  'pull_request_event',
  'comment',
  'rerun_request',
  'merge_group',
  'branch_push',
  'repository_event',
  'outbox',
] as const

/** Whether a statement adds its rows always, or only when none of their repositories was removed (it has a part `removed`). */
const ALWAYS = sql.raw('')
const UNLESS_REMOVED = sql.raw('where not exists (select 1 from removed)')

/**
 * Adds deliveries and their facts, and marks what has to be derived again, in one statement: all or nothing, and durable after
 * one round trip.
 * @returns the GUIDs that were new; the facts of the others are added too, and change nothing if they were there
 */
export async function recordFacts(
  db: Db,
  recordings: readonly Recording[],
  options: { tasks: boolean },
): Promise<Set<string>> {
  const all = recordings.map((one) => one.facts)
  const deliveries = recordings.map((one) => one.delivery)
  // Of almost no repository has the app been taken off: the statement looks for itself, and adds nothing if it finds one.
  let told: readonly Facts[] = all
  let added = await addAtOnce(db, { deliveries, told, all, unlessRemoved: true }, options)
  if (added === null) {
    told = await withoutRemoved(db, all)
    added = await addAtOnce(db, { deliveries, told, all, unlessRemoved: false }, options)
  }
  // The rest is rare. If the process ends before it is done, it has not answered, and GitHub redelivers.
  if (!options.tasks) await addTrusted(db, told)
  const installations = all.flatMap((one) => one.installation ?? [])
  if (installations.length > 0)
    await db.transaction().execute((trx) => updateInstallations(trx, installations))
  return new Set(added)
}

interface Addition {
  deliveries: readonly Recording['delivery'][]
  told: readonly Facts[]
  all: readonly Facts[]
  unlessRemoved: boolean
}

/** @returns the GUIDs that were new; null if nothing was added, because the app was taken off one of the repositories */
async function addAtOnce(
  db: Db,
  { deliveries, told, all, unlessRemoved }: Addition,
  options: { tasks: boolean },
): Promise<string[] | null> {
  const only = unlessRemoved ? UNLESS_REMOVED : ALWAYS
  const parts = [
    sql`removed as (select repository_id from repository
      where repository_id = any(${repositoriesOf(told)}) and removed_at is not null)`,
    ...additions(told, all, options, only),
    sql`new_delivery as (${adding('delivery', deliveries, only)} returning guid)`,
  ]
  const result = await sql<{
    removed: boolean
    guids: string[] | null
  }>`${sql.raw(PREPARED)}with ${sql.join(parts)}
    select exists (select 1 from removed) as removed, (select array_agg(guid) from new_delivery) as guids`.execute(
    db,
  )
  const row = result.rows[0]
  return unlessRemoved && row?.removed ? null : (row?.guids ?? [])
}

function repositoriesOf(told: readonly Facts[]): number[] {
  return [...new Set(told.flatMap((one) => (one.repository ?? []).map((fact) => fact.repository_id)))]
}

/** Adds facts and marks what has to be derived again. Call it in a transaction. */
export async function addFacts(
  trx: Db,
  all: readonly Facts[],
  options: { tasks: boolean; removedToo?: boolean },
): Promise<void> {
  const told = options.removedToo ? all : await withoutRemoved(trx, all)
  const parts = additions(told, all, options, ALWAYS)
  if (parts.length > 0) await sql`with ${sql.join(parts)} select 1`.execute(trx)
  // With tasks, a correction is added when GitHub has said that its author may.
  if (!options.tasks) await addTrusted(trx, told)
  await updateInstallations(
    trx,
    all.flatMap((one) => one.installation ?? []),
  )
}

/** The statements that add facts and the marks of what has to be derived again, as parts of one. */
function additions(
  told: readonly Facts[],
  all: readonly Facts[],
  options: { tasks: boolean },
  only: typeof ALWAYS,
) {
  const rows = new Map<BulkTable, readonly object[]>()
  for (const table of FACT_TABLES) {
    if (table === 'outbox' && !options.tasks) continue
    const added = told.flatMap((one): readonly object[] => one[table] ?? [])
    if (added.length > 0) rows.set(table, added)
  }
  const stale = staleHeads(told)
  if (stale.length > 0) rows.set('stale_head', stale)
  const parts = [...rows].map(
    ([table, added]) => sql`${sql.ref(`new_${table}`)} as (${adding(table, added, only)})`,
  )
  const repositories = distinctReports(all)
  if (repositories.length > 0) parts.push(sql`new_repository as (${newestRepositories(repositories)})`)
  return parts
}

/** Of a repository that the app was taken off nothing is recorded any more, unless it comes back in the same breath. */
async function withoutRemoved(db: Db, told: readonly Facts[]): Promise<readonly Facts[]> {
  const removed = await readRemovedAmong(db, repositoriesOf(told))
  if (removed.length === 0) return told
  const back = told.flatMap((one) => one.repository ?? []).filter((fact) => fact.installed)
  const gone = new Set(removed)
  for (const one of back) gone.delete(one.repository_id)
  return told.map((facts) => {
    const kept = Object.entries(facts).map(([table, rows]) => [
      table,
      rows.filter((row: object) => !('repository_id' in row && gone.has(row.repository_id as number))),
    ])
    return Object.fromEntries(kept) as Facts
  })
}

/** Keeps the newest report about each installation. The end of a suspension leaves a gap in all of its repositories. */
async function updateInstallations(db: Db, told: readonly InstallationFact[]): Promise<void> {
  for (const { installation_id, reported_at, suspended_at } of told) {
    const before = await db
      .selectFrom('installation')
      .selectAll()
      .where('installation_id', '=', installation_id)
      .forUpdate()
      .executeTakeFirst()
    if (before && Date.parse(before.reported_at) >= Date.parse(reported_at)) continue
    const row = { installation_id, reported_at, suspended_at }
    await db
      .insertInto('installation')
      .values(row)
      .onConflict((conflict) => conflict.column('installation_id').doUpdateSet(row))
      .execute()
    if (!before?.suspended_at || suspended_at) continue
    await sql`insert into gap (repository_id, from_at, to_at, reason)
      select repository_id, ${before.suspended_at}::timestamptz, ${reported_at}::timestamptz, 'the app was suspended'
      from repository where installation_id = ${installation_id} and removed_at is null
      on conflict do nothing`.execute(db)
  }
}

async function addTrusted(db: Db, told: readonly Facts[]): Promise<void> {
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

/** Reports about repositories, without those that a newer one repeats: almost every delivery says the same. */
function distinctReports(all: readonly Facts[]): RepositoryFact[] {
  const newest = new Map<string, RepositoryFact>()
  for (const { repository = [] } of all) {
    for (const fact of repository) {
      const { reported_at, ...content } = fact
      const key = JSON.stringify(content)
      const other = newest.get(key)
      if (!other || Date.parse(reported_at) > Date.parse(other.reported_at)) newest.set(key, fact)
    }
  }
  return [...newest.values()]
}

/**
 * Keeps the newest report about each repository: names, visibility and default branches change. Of two reports of one moment
 * the greater is kept, so that the order of arrival never decides: a removal, and a private repository. A report that says
 * nothing new is left out before the insert, which would lock the row, and every writer writes about the same few
 * repositories. Rows are written in the order of their ids, so that two writers never wait for each other in a circle.
 */
function newestRepositories(repositories: readonly RepositoryFact[]) {
  // Only an installation undoes a removal. An event that was under way when the app was removed does not.
  const removed = sql`case when n.installed then null else coalesce(n.removed_at, k.removed_at) end`
  const content = (row: string, removedAt: RawBuilder<unknown>) =>
    sql`jsonb_build_array(${removedAt} is not null, ${sql.ref(`${row}.private`)}, ${sql.ref(`${row}.full_name`)},
      ${sql.ref(`${row}.default_branch`)}, ${sql.ref(`${row}.installation_id`)})`
  const isUnchanged = (column: string) =>
    sql`coalesce(${sql.ref(`n.${column}`)}, ${sql.ref(`k.${column}`)}) is not distinct from ${sql.ref(`k.${column}`)}`
  return sql`insert into repository as r (repository_id, full_name, private, default_branch, installation_id, reported_at, removed_at)
    select distinct on (n.repository_id) n.repository_id, n.full_name, n.private, n.default_branch, n.installation_id,
      n.reported_at, ${removed}
    from json_to_recordset(${JSON.stringify(repositories)}::json) as n(repository_id bigint, full_name text, private boolean,
      default_branch text, installation_id bigint, reported_at timestamptz, removed_at timestamptz, installed boolean)
    left join repository k on k.repository_id = n.repository_id
    where k.repository_id is null or (n.reported_at >= k.reported_at and not (n.full_name = k.full_name and n.private = k.private
      and (${removed} is null) = (k.removed_at is null) and ${isUnchanged('default_branch')} and ${isUnchanged('installation_id')}))
    order by n.repository_id, n.reported_at desc, ${content('n', removed)} desc
    on conflict (repository_id) do update set full_name = excluded.full_name, private = excluded.private,
      default_branch = coalesce(excluded.default_branch, r.default_branch),
      installation_id = coalesce(excluded.installation_id, r.installation_id),
      reported_at = excluded.reported_at, removed_at = excluded.removed_at
    where excluded.reported_at > r.reported_at or (excluded.reported_at = r.reported_at
      and ${content('excluded', sql`excluded.removed_at`)} > ${content('r', sql`r.removed_at`)})`
}
