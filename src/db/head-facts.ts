/** Facts read back, commit by commit, in the form that the domain takes. */
import { sql } from 'kysely'
import { ACTS, type HeadFacts, type PullRequestAct } from '../domain/head-facts.ts'
import type { Db, Row } from './schema.ts'
import { readTimeLimits } from './time-limits.ts'

/** All facts about these commits of a repository, one element a commit, in the order given. */
export async function readHeads(db: Db, repositoryId: number, shas: readonly string[]): Promise<HeadFacts[]> {
  const of = <T extends HeadTable>(table: T) => readRowsOf(db, table, repositoryId, shas)
  const observations = await of('observation')
  const workflowRuns = await of('workflow_run')
  const pullRequests = await of('pull_request_event')
  const workflowJobs = await of('workflow_job')
  const mergeGroups = await of('merge_group')
  const rerunRequests = await of('rerun_request')
  const hunted = await of('hunted_attempt')
  const acts = await readActs(db, repositoryId, pullRequests)
  const comments = await readComments(db, repositoryId, pullRequests)
  const timeLimits = await readTimeLimits(db, repositoryId, [...workflowJobs.values()].flat())
  return shas.map((headSha) => {
    const events = pullRequests.get(headSha) ?? []
    const numbers = [...new Set(events.map((event) => event.number))]
    return {
      headSha,
      observations: observations.get(headSha) ?? [],
      workflowRuns: workflowRuns.get(headSha) ?? [],
      workflowJobs: workflowJobs.get(headSha) ?? [],
      timeLimits,
      pullRequests: events,
      mergeGroups: mergeGroups.get(headSha) ?? [],
      rerunRequests: rerunRequests.get(headSha) ?? [],
      hunted: hunted.get(headSha) ?? [],
      acts: numbers.flatMap((number) => acts.get(number) ?? []),
      comments: numbers.flatMap((number) => comments.get(number) ?? []),
    } as unknown as HeadFacts
  })
}

type HeadTable =
  | 'observation'
  | 'workflow_run'
  | 'workflow_job'
  | 'pull_request_event'
  | 'merge_group'
  | 'rerun_request'
  | 'hunted_attempt'

async function readRowsOf<T extends HeadTable>(
  db: Db,
  table: T,
  repositoryId: number,
  shas: readonly string[],
): Promise<Map<string, Row<T>[]>> {
  // Raw: the builder cannot type a query whose table is a parameter.
  const { rows } = await sql<Row<T> & { head_sha: string }>`select * from ${sql.table(table)}
    where repository_id = ${repositoryId} and head_sha = any(${[...shas]})`.execute(db)
  return Map.groupBy(rows, (row) => row.head_sha)
}

/** What was done to the pull requests of these events besides pushes, by pull request. */
async function readActs(
  db: Db,
  repositoryId: number,
  events: ReadonlyMap<string, readonly Row<'pull_request_event'>[]>,
): Promise<Map<number, PullRequestAct[]>> {
  const numbers = new Set([...events.values()].flat().map((event) => event.number))
  if (numbers.size === 0) return new Map()
  const rows = await db
    .selectFrom('pull_request_event')
    .select(['number', 'action', 'reported_at'])
    .distinct()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', (eb) => eb.fn.any(eb.val([...numbers])))
    .where('action', 'in', ACTS)
    .execute()
  return Map.groupBy(rows, (row) => row.number)
}

/** Comments on the pull requests of these events, by pull request. */
async function readComments(
  db: Db,
  repositoryId: number,
  events: ReadonlyMap<string, readonly Row<'pull_request_event'>[]>,
): Promise<Map<number, Row<'comment'>[]>> {
  const numbers = new Set([...events.values()].flat().map((event) => event.number))
  if (numbers.size === 0) return new Map()
  const rows = await db
    .selectFrom('comment')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', (eb) => eb.fn.any(eb.val([...numbers])))
    .execute()
  return Map.groupBy(rows, (row) => row.number)
}

/** Every head that these pull requests had. */
export async function readHeadShas(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<string[]> {
  if (numbers.length === 0) return []
  const rows = await db
    .selectFrom('pull_request_event')
    .select('head_sha')
    .distinct()
    .where('repository_id', '=', repositoryId)
    .where('number', '=', (eb) => eb.fn.any(eb.val([...numbers])))
    .execute()
  return rows.map((row) => row.head_sha)
}

/** When (epoch ms) the newest observation of any repository completed; null when there is none. */
export async function readNewestCompletion(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom('observation')
    .select((eb) => eb.fn.max<string | null>('completed_at').as('at'))
    .executeTakeFirst()
  return row?.at ? Date.parse(row.at) : null
}
