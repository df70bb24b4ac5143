/** Writes the facts that deliveries report, each once. */

import { type RawBuilder, sql } from 'kysely'
import { TRUSTED_ASSOCIATIONS } from '../domain/correction.ts'
import type { Facts, InstallationFact, RepositoryFact } from '../domain/facts.ts'
import { PREPARED } from './client.ts'
import { addCorrection } from './corrections.ts'
import { readRemovedAmong } from './repositories.ts'
import { adding, type BulkTable } from './rows.ts'
import type { Db, NewRow } from './schema.ts'

/** A delivery and the facts that it reports. */
export interface Recording {
  delivery: NewRow<'delivery'>
  facts: Facts
}

const FACT_TABLES = [
  'observation',
  'workflow_run',
  'workflow_job',
  'pull_request_event',
  'comment',
  'rerun_request',
  'merge_group',
  'branch_push',
  'repository_event',
  'outbox',
] as const

/** Conditions for adding a row. `removed` is a part of the statement that lists the removed repositories among those of its rows. */
const ALWAYS = sql.raw('')
const UNLESS_REMOVED = sql.raw('where not exists (select 1 from removed)')

/**
 * Adds deliveries and their facts, and marks what has to be derived again. This is one statement: all or nothing, and durable after
 * one round trip. `tasks: false` adds no tasks for GitHub.
 * @returns the GUIDs of new deliveries. The facts of the others are added too; those that exist already change nothing.
 */
export async function recordFacts(
  db: Db,
  recordings: readonly Recording[],
  options: { tasks: boolean },
): Promise<Set<string>> {
  const all = recordings.map((recording) => recording.facts)
  const deliveries = recordings.map((recording) => recording.delivery)
  // Removed repositories are rare, so the first statement checks for them itself and adds nothing when there is one.
  let kept: readonly Facts[] = all
  let added = await addAtOnce(db, { deliveries, kept, all, unlessRemoved: true }, options)
  if (added === null) {
    kept = await withoutRemoved(db, all)
    added = await addAtOnce(db, { deliveries, kept, all, unlessRemoved: false }, options)
  }
  // The rest is rare. If the process ends before it is done, the delivery was not answered and can be redelivered.
  if (!options.tasks) await addTrustedCorrections(db, kept)
  const installations = all.flatMap((facts) => facts.installation ?? [])
  if (installations.length > 0)
    await db.transaction().execute((trx) => updateInstallations(trx, installations))
  return new Set(added)
}

interface Addition {
  deliveries: readonly Recording['delivery'][]
  /** The facts to add, without those of removed repositories. */
  kept: readonly Facts[]
  all: readonly Facts[]
  unlessRemoved: boolean
}

/** @returns the GUIDs of new deliveries; null when nothing was added because one of the repositories was removed */
async function addAtOnce(
  db: Db,
  { deliveries, kept, all, unlessRemoved }: Addition,
  options: { tasks: boolean },
): Promise<string[] | null> {
  const condition = unlessRemoved ? UNLESS_REMOVED : ALWAYS
  const parts = [
    sql`removed as (select repository_id from repository
      where repository_id = any(${repositoriesOf(kept)}) and removed_at is not null)`,
    ...additions(kept, all, options, condition),
    sql`new_delivery as (${adding('delivery', deliveries, condition)} returning guid)`,
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

function repositoriesOf(all: readonly Facts[]): number[] {
  return [...new Set(all.flatMap((facts) => (facts.repository ?? []).map((fact) => fact.repository_id)))]
}

/**
 * Adds facts and marks what has to be derived again. Call it in a transaction. `removedToo` adds facts about removed repositories
 * too.
 */
export async function addFacts(
  trx: Db,
  all: readonly Facts[],
  options: { tasks: boolean; removedToo?: boolean },
): Promise<void> {
  const kept = options.removedToo ? all : await withoutRemoved(trx, all)
  const parts = additions(kept, all, options, ALWAYS)
  if (parts.length > 0) await sql`with ${sql.join(parts)} select 1`.execute(trx)
  // With tasks, a task adds each correction after it has checked the author's permission at GitHub.
  if (!options.tasks) await addTrustedCorrections(trx, kept)
  await updateInstallations(
    trx,
    all.flatMap((facts) => facts.installation ?? []),
  )
}

/** The statements that add facts and mark what has to be derived again, as parts (`with`) of one statement. */
function additions(
  kept: readonly Facts[],
  all: readonly Facts[],
  options: { tasks: boolean },
  condition: typeof ALWAYS,
) {
  const rows = new Map<BulkTable, readonly object[]>()
  for (const table of FACT_TABLES) {
    if (table === 'outbox' && !options.tasks) continue
    const added = kept.flatMap((facts): readonly object[] => facts[table] ?? [])
    if (added.length > 0) rows.set(table, added)
  }
  const stale = staleHeads(kept)
  if (stale.length > 0) rows.set('stale_head', stale)
  const parts = [...rows].map(
    ([table, added]) => sql`${sql.ref(`new_${table}`)} as (${adding(table, added, condition)})`,
  )
  const repositories = distinctReports(all)
  if (repositories.length > 0) parts.push(sql`new_repository as (${newestRepositories(repositories)})`)
  return parts
}

/** Nothing is recorded for a removed repository, unless the same facts report that the app was installed again. */
async function withoutRemoved(db: Db, all: readonly Facts[]): Promise<readonly Facts[]> {
  const removed = new Set(await readRemovedAmong(db, repositoriesOf(all)))
  if (removed.size === 0) return all
  const installed = all.flatMap((facts) => facts.repository ?? []).filter((fact) => fact.installed)
  for (const fact of installed) removed.delete(fact.repository_id)
  return all.map((facts) => {
    const kept = Object.entries(facts).map(([table, rows]) => [
      table,
      rows.filter((row: object) => !('repository_id' in row && removed.has(row.repository_id as number))),
    ])
    return Object.fromEntries(kept) as Facts
  })
}

/** Keeps the newest report about each installation. When a suspension ends, each of its repositories gets a gap. */
async function updateInstallations(db: Db, reports: readonly InstallationFact[]): Promise<void> {
  for (const { installation_id, reported_at, suspended_at } of reports) {
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

/** Adds the corrections whose author has a trusted association; GitHub is not asked. */
async function addTrustedCorrections(db: Db, all: readonly Facts[]): Promise<void> {
  for (const facts of all) {
    for (const correction of facts.correction ?? [])
      if (TRUSTED_ASSOCIATIONS.includes(correction.permission)) await addCorrection(db, correction)
  }
}

function staleHeads(all: readonly Facts[]): object[] {
  const marks = new Map<string, { repository_id: number; head_sha: string | null; number: number | null }>()
  const mark = (repository_id: number, head_sha: string | null, number: number | null) =>
    marks.set(`${repository_id}/${head_sha}/${number}`, { repository_id, head_sha, number })
  for (const facts of all) {
    const byHead = [
      ...(facts.observation ?? []),
      ...(facts.workflow_run ?? []),
      ...(facts.pull_request_event ?? []),
      ...(facts.rerun_request ?? []),
      ...(facts.branch_push ?? []),
      ...(facts.merge_group ?? []),
    ]
    for (const fact of byHead) mark(fact.repository_id, fact.head_sha, null)
    for (const comment of facts.comment ?? []) mark(comment.repository_id, null, comment.number)
  }
  return [...marks.values()]
}

/** Reports about repositories; of those with equal content only the newest, since almost every delivery says the same. */
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
 * Keeps the newest report about each repository, because names, visibility and default branches change. Of two reports with the same
 * time the greater is kept, so that the order of arrival never decides: removed before present, private before public. A report
 * that says nothing new is dropped before the insert. The insert would lock the row, and all writers write about the same few
 * repositories. Rows are written in the order of their ids, so that two writers cannot deadlock.
 */
function newestRepositories(repositories: readonly RepositoryFact[]) {
  // Only an installation undoes a removal. An event that was on its way when the app was removed does not.
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
