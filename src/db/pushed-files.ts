/** Finds the pushes of pull requests, and the pull requests of pushes, by the name of the branch. */
import { sql } from 'kysely'
import { pushedFiles } from '../domain/pushed-files.ts'
import type { Db, Row } from './schema.ts'

/** What is needed of a pull request's newest event. */
type Event = Pick<Row<'pull_request_event'>, 'number' | 'head_ref' | 'head_sha'> & { opened_at: string }

/** A branch name that is used for many pull requests is looked up for the newest of them only. */
const MAX_OF_BRANCH = 20

/** The files that each pull request changes. Those whose pushes are not all known are left out. */
export async function readPushedFiles(
  db: Db,
  repositoryId: number,
  events: readonly Event[],
): Promise<Map<number, string[]>> {
  const refs = [...new Set(events.flatMap((event) => event.head_ref ?? []))]
  if (refs.length === 0) return new Map()
  const { rows } = await sql<Row<'branch_push'>>`select * from branch_push
    where repository_id = ${repositoryId} and ref = any(${refs})`.execute(db)
  const pushes = Map.groupBy(rows, (row) => row.ref)
  const merges = await readMerges(db, repositoryId, refs)
  return new Map(
    events.flatMap(({ number, head_ref, head_sha, opened_at }) => {
      const earlier = merges.filter(
        (merge) =>
          merge.head_ref === head_ref &&
          merge.number !== number &&
          Date.parse(merge.merged_at) <= Date.parse(opened_at),
      )
      const merged = new Set(earlier.map((merge) => merge.head_sha))
      const files = pushedFiles(head_sha, pushes.get(head_ref ?? '') ?? [], merged)
      return files === null ? [] : [[number, files]]
    }),
  )
}

interface Merge {
  number: number
  head_ref: string
  head_sha: string
  merged_at: string
}

/** The heads with which pull requests from these branches were merged. */
async function readMerges(db: Db, repositoryId: number, refs: readonly string[]): Promise<Merge[]> {
  const { rows } = await sql<Merge>`select p.number, p.head_ref, e.head_sha, p.merged_at from pull_request p
    join pull_request_event e on e.repository_id = p.repository_id and e.number = p.number and e.merged and e.action = 'closed'
    where p.repository_id = ${repositoryId} and p.head_ref = any(${[...refs]}) and p.merged_at is not null`.execute(
    db,
  )
  return rows
}

/** The pull requests from the branches to which these commits were pushed. */
export async function readNumbersOfPushes(
  db: Db,
  repositoryId: number,
  shas: readonly string[],
): Promise<number[]> {
  if (shas.length === 0) return []
  const { rows } = await sql<{ number: number }>`select distinct p.number
    from (select distinct ref from branch_push where repository_id = ${repositoryId} and head_sha = any(${[...shas]})) b
    cross join lateral (select number from pull_request where repository_id = ${repositoryId} and head_ref = b.ref
      order by number desc limit ${MAX_OF_BRANCH}) p`.execute(db)
  return rows.map((row) => row.number)
}

/** The later pull requests from the same branches: where an earlier one ends, their own pushes begin. */
export async function readFollowers(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<number[]> {
  if (numbers.length === 0) return []
  const { rows } = await sql<{ number: number }>`select distinct later.number from pull_request p
    cross join lateral (select number from pull_request l where l.repository_id = p.repository_id
      and l.head_ref = p.head_ref and l.number > p.number order by number limit ${MAX_OF_BRANCH}) later
    where p.repository_id = ${repositoryId} and p.number = any(${[...numbers]}) and p.head_ref is not null`.execute(
    db,
  )
  return rows.map((row) => row.number)
}
