/** Facts in and out: what webhooks told, added once, and read back a commit at a time. */
import { type Kysely, sql } from 'kysely'
import { TRUSTED_ASSOCIATIONS } from '../domain/correction.ts'
import type { Facts, RepositoryFact } from '../domain/facts.ts'
import type { HeadFacts } from '../domain/head.ts'
import type { Db } from './client.ts'
import { addCorrection } from './corrections.ts'
import { addDeliveries, addRows } from './rows.ts'
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
  'repository_event',
  'outbox',
] as const

/**
 * Adds deliveries and their facts in one transaction, with the marks of what has to be concluded again.
 * @returns the GUIDs that were new; the facts of the others are added too, and change nothing if they were there
 */
export async function recordFacts(
  db: Db,
  recordings: readonly Recording[],
  options: { effects: boolean },
): Promise<Set<string>> {
  return db.transaction().execute(async (trx) => {
    const fresh = await addDeliveries(
      trx,
      recordings.map((one) => one.delivery),
    )
    for (const table of FACT_TABLES) {
      if (table === 'outbox' && !options.effects) continue
      await addRows(
        trx,
        table,
        recordings.flatMap((one): object[] => one.facts[table] ?? []),
      )
    }
    await addRows(trx, 'stale_head', staleHeads(recordings))
    // With effects, a correction is added when GitHub has said that its author may.
    if (!options.effects) await addTrusted(trx, recordings)
    await tellRepositories(
      trx,
      recordings.flatMap((one) => one.facts.repository ?? []),
    )
    return fresh
  })
}

async function addTrusted(db: Kysely<Database>, recordings: readonly Recording[]): Promise<void> {
  for (const { facts } of recordings) {
    for (const one of facts.correction ?? [])
      if (TRUSTED_ASSOCIATIONS.includes(one.permission)) await addCorrection(db, one)
  }
}

function staleHeads(recordings: readonly Recording[]): object[] {
  const marks = new Map<string, { repository_id: number; head_sha: string | null; number: number | null }>()
  const mark = (repository_id: number, head_sha: string | null, number: number | null) =>
    marks.set(`${repository_id}/${head_sha}/${number}`, { repository_id, head_sha, number })
  for (const { facts } of recordings) {
    for (const one of facts.observation ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.workflow_run ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.pull_request_event ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.rerun_request ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.merge_group ?? []) mark(one.repository_id, one.head_sha, null)
    for (const one of facts.comment ?? []) mark(one.repository_id, null, one.number)
  }
  return [...marks.values()]
}

/** The newest word about a repository stands: names, visibility and default branches change. */
async function tellRepositories(db: Kysely<Database>, told: readonly RepositoryFact[]): Promise<void> {
  const newest = new Map<number, RepositoryFact>()
  for (const one of told) {
    const known = newest.get(one.repository_id)
    if (!known || Date.parse(one.told_at) >= Date.parse(known.told_at)) newest.set(one.repository_id, one)
  }
  // In the order of their ids, so that two writers never wait for each other in a circle.
  for (const one of [...newest.values()].sort((a, b) => a.repository_id - b.repository_id)) {
    await sql`insert into repository (repository_id, full_name, private, default_branch, installation_id, told_at, removed_at)
      values (${one.repository_id}, ${one.full_name}, ${one.private}, ${one.default_branch}, ${one.installation_id}, ${one.told_at}, ${one.removed_at})
      on conflict (repository_id) do update set full_name = excluded.full_name, private = excluded.private,
        default_branch = coalesce(excluded.default_branch, repository.default_branch),
        installation_id = coalesce(excluded.installation_id, repository.installation_id),
        told_at = excluded.told_at, removed_at = excluded.removed_at
      where excluded.told_at > repository.told_at and (repository.full_name, repository.private, repository.removed_at,
        coalesce(repository.default_branch, ''), coalesce(repository.installation_id, 0)) is distinct from
        (excluded.full_name, excluded.private, excluded.removed_at,
        coalesce(excluded.default_branch, repository.default_branch, ''), coalesce(excluded.installation_id, repository.installation_id, 0))`.execute(
      db,
    )
  }
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
