/** Writes the facts that deliveries report, each once. */

import { sql } from 'kysely'
import { TRUSTED_ASSOCIATIONS } from '../domain/correction.ts'
import type { Facts, RepositoryFact } from '../domain/facts.ts'
import { ACTS } from '../domain/head-facts.ts'
import { type NewTask, newTask } from '../domain/task.ts'
import { PREPARED } from './client.ts'
import { addCorrection } from './corrections.ts'
import { readRemovedAmong } from './repositories.ts'
import { distinctReports, mayChange, saveInstallations, saveReports } from './repository-reports.ts'
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

/** Conditions for adding a row. `unusual` is a part of the statement. */
const ALWAYS = sql.raw('')
const UNLESS_UNUSUAL = sql.raw('where not exists (select 1 from unusual)')

/**
 * Adds deliveries and their facts, and marks what has to be derived again: all or nothing. `tasks: false` adds no tasks for GitHub.
 * The usual batch is one statement, durable after one round trip. A batch that changes what is known of a repository or an
 * installation is one transaction.
 * @returns the GUIDs of new deliveries. The facts of the others are added too; those that exist already change nothing.
 */
export async function recordFacts(
  db: Db,
  recordings: readonly Recording[],
  options: { tasks: boolean },
): Promise<Set<string>> {
  const isUsual = recordings.every(({ facts }) => isUsualFact(facts, options))
  const added = isUsual ? await addAtOnce(db, recordings, options) : null
  if (added !== null) return new Set(added)
  return db.transaction().execute(async (trx) => {
    await addFacts(trx, await withoutRepeated(trx, recordings), options)
    const rows = recordings.map(({ delivery }) => delivery)
    const { rows: fresh } = await sql<{ guid: string }>`${adding('delivery', rows)} returning guid`.execute(
      trx,
    )
    return new Set(fresh.map(({ guid }) => guid))
  })
}

/** Without tasks, corrections are added here: with them, a task adds each after it has checked the author's permission at GitHub. */
function isUsualFact({ installation = [], correction = [] }: Facts, { tasks }: { tasks: boolean }): boolean {
  return installation.length === 0 && (tasks || correction.length === 0)
}

/** @returns the GUIDs of new deliveries; null when nothing was added, because the batch is not a usual one */
async function addAtOnce(
  db: Db,
  recordings: readonly Recording[],
  options: { tasks: boolean },
): Promise<string[] | null> {
  const all = recordings.map(({ facts }) => facts)
  const deliveries = recordings.map(({ delivery }) => delivery)
  const parts = [
    sql`unusual as (${mayChange(distinctReports(reportsIn(all)))}
      union all select 1 from repository where repository_id = any(${repositoriesOf(all)}) and removed_at is not null)`,
    ...additions(all, options, UNLESS_UNUSUAL),
    sql`new_delivery as (${adding('delivery', deliveries, UNLESS_UNUSUAL)} returning guid)`,
  ]
  const result = await sql<{
    unusual: boolean
    guids: string[] | null
  }>`${sql.raw(PREPARED)}with ${sql.join(parts)}
    select exists (select 1 from unusual) as unusual, (select array_agg(guid) from new_delivery) as guids`.execute(
    db,
  )
  const row = result.rows[0]
  return row?.unusual ? null : (row?.guids ?? [])
}

/**
 * The facts of the deliveries, without what a delivery that was recorded before says by its time of arrival: it is not newer for
 * being sent again.
 */
async function withoutRepeated(trx: Db, recordings: readonly Recording[]): Promise<Facts[]> {
  const guids = recordings.map(({ delivery }) => delivery.guid)
  const ids = [...new Set(recordings.map(({ delivery }) => delivery.repository_id))]
  const known = await trx
    .selectFrom('delivery')
    .select('guid')
    .where('repository_id', '=', (eb) => eb.fn.any(eb.val(ids)))
    .where('guid', '=', (eb) => eb.fn.any(eb.val(guids)))
    .execute()
  const repeated = new Set(known.map(({ guid }) => guid))
  return recordings.map(({ delivery, facts }) => {
    if (!repeated.has(delivery.guid)) return facts
    const { installation: _installation, repository, ...rest } = facts
    const dated = (repository ?? []).filter(
      ({ timing, membership }) => timing === 'own' && membership === 'seen',
    )
    return { ...rest, repository: dated }
  })
}

const reportsIn = (all: readonly Facts[]) => all.flatMap((facts) => facts.repository ?? [])

/** The repositories that any of the facts is about. */
function repositoriesOf(all: readonly Facts[]): number[] {
  const rows = all.flatMap((facts) => Object.values(facts).flat() as { repository_id?: number }[])
  return [...new Set(rows.flatMap(({ repository_id }) => repository_id ?? []))]
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
  const before = new Set(await readRemovedAmong(trx, repositoriesOf(all)))
  const doubtful = await saveReports(trx, distinctReports(reportsIn(all)))
  const removed = (await readRemovedAmong(trx, [...before])).filter((id) => before.has(id))
  const kept = options.removedToo ? all : all.map((facts) => withoutRemoved(facts, new Set(removed)))
  const parts = additions([...kept, { outbox: doubtful.map(confirmation) }], options, ALWAYS)
  if (parts.length > 0) await sql`with ${sql.join(parts)} select 1`.execute(trx)
  if (!options.tasks) await addTrustedCorrections(trx, kept)
  await saveInstallations(
    trx,
    all.flatMap((facts) => facts.installation ?? []),
  )
}

/** Asks GitHub what a repository is called and who can see it. */
function confirmation({ repository_id, changed_at }: RepositoryFact): NewTask {
  return newTask({ repository_id, task_key: `repository:${changed_at}`, at: changed_at }, 'repository', {})
}

/**
 * Nothing is recorded for a removed repository, except what happened to its installations, and unless the same facts report
 * that the app was installed again.
 */
function withoutRemoved(facts: Facts, removed: ReadonlySet<number>): Facts {
  if (removed.size === 0) return facts
  const kept = Object.entries(facts).map(([table, rows]) => [
    table,
    table === 'repository_event'
      ? rows
      : rows.filter((row: object) => !('repository_id' in row && removed.has(row.repository_id as number))),
  ])
  return Object.fromEntries(kept) as Facts
}

/** The statements that add facts and mark what has to be derived again, as parts (`with`) of one statement. */
function additions(kept: readonly Facts[], options: { tasks: boolean }, condition: typeof ALWAYS) {
  const rows = new Map<BulkTable, readonly object[]>()
  for (const table of FACT_TABLES) {
    if (table === 'outbox' && !options.tasks) continue
    const added = kept.flatMap((facts): readonly object[] => facts[table] ?? [])
    if (added.length > 0) rows.set(table, added)
  }
  const stale = staleHeads(kept)
  if (stale.length > 0) rows.set('stale_head', stale)
  return [...rows].map(
    ([table, added]) => sql`${sql.ref(`new_${table}`)} as (${adding(table, added, condition)})`,
  )
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
      ...(facts.workflow_job ?? []),
      ...(facts.pull_request_event ?? []),
      ...(facts.rerun_request ?? []),
      ...(facts.branch_push ?? []),
      ...(facts.merge_group ?? []),
    ]
    for (const fact of byHead) mark(fact.repository_id, fact.head_sha, null)
    // What people do to a pull request is about all of its heads.
    const acts = (facts.pull_request_event ?? []).filter(({ action }) => ACTS.some((act) => act === action))
    for (const { repository_id, number } of [...(facts.comment ?? []), ...acts])
      mark(repository_id, null, number)
  }
  return [...marks.values()]
}
