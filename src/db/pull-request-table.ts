/** Keeps one row per pull request, as of its newest event, and finds pull requests that share code. */
import { sql } from 'kysely'
import type { Relation } from '../domain/attribution/evidence.ts'
import { MAX_STACKED, readTitle, relatedOf } from '../domain/attribution/related.ts'
import { newestEventFirst } from './newest-event.ts'
import { readFollowers, readPushedFiles } from './pushed-files.ts'
import { replaceRows } from './rows.ts'
import type { Db, Row } from './schema.ts'

type PullRequest = Row<'pull_request'>

/**
 * Updates the rows of these pull requests from their events, and those of later ones from the same branches. @returns the rows that
 * changed, each before and after the change
 */
export async function writePullRequests(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<PullRequest[]> {
  const changed = await writeRows(db, repositoryId, numbers)
  const followers = await readFollowers(
    db,
    repositoryId,
    changed.map((row) => row.number),
  )
  return [...changed, ...(await writeRows(db, repositoryId, followers))]
}

async function writeRows(db: Db, repositoryId: number, numbers: readonly number[]): Promise<PullRequest[]> {
  if (numbers.length === 0) return []
  const events = await sql<Row<'pull_request_event'> & { merged_at: string | null; opened_at: string }>`
    select distinct on (e.number) e.*, min(e.reported_at) filter (where e.merged and e.action = 'closed') over own as merged_at,
      min(e.created_at) over own as opened_at
    from pull_request_event e where e.repository_id = ${repositoryId} and e.number = any(${[...numbers]})
    window own as (partition by e.number)
    order by e.number, ${newestEventFirst('e')}`.execute(db)
  const before = await readPullRequests(db, repositoryId, numbers)
  const old = new Map(before.map((row) => [row.number, row]))
  const files = await readPushedFiles(db, repositoryId, events.rows)
  const changed = events.rows
    .map((event) => pullRequestOf(event, files))
    .filter((row) => !isSame(row, old.get(row.number)))
  await replaceRows(db, 'pull_request', changed)
  return changed.flatMap((row) => [row, old.get(row.number) ?? row])
}

function pullRequestOf(
  event: Row<'pull_request_event'> & { merged_at: string | null; opened_at: string },
  files: ReadonlyMap<number, string[]>,
): PullRequest {
  const { subject, repeats } = readTitle(event.title)
  const isOwn = event.head_repository_id === event.repository_id
  const changed = isOwn ? files.get(event.number) : undefined
  return {
    repository_id: event.repository_id,
    number: event.number,
    title: event.title,
    subject,
    repeats: repeats > 0,
    author: event.author,
    head_ref: isOwn ? event.head_ref : null,
    base_ref: event.base_ref,
    opened_at: event.opened_at,
    merged_at: event.merged_at,
    files: changed ? JSON.stringify(changed) : null,
  }
}

function isSame(row: PullRequest, old: PullRequest | undefined): boolean {
  return (
    old !== undefined &&
    Object.entries(row).every(([column, value]) => old[column as keyof PullRequest] === value)
  )
}

/** The rows of these pull requests. Numbers without a row are left out. */
export async function readPullRequests(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<PullRequest[]> {
  const { rows } = await sql<PullRequest>`select * from pull_request
    where repository_id = ${repositoryId} and number = any(${[...numbers]})`.execute(db)
  return rows
}

/** How many steps of a stack, or of reverts and relands, are followed. */
const MAX_STEPS = 20

/** The related pull requests of each of these pull requests; those without any are left out. */
export async function readRelated(
  db: Db,
  repositoryId: number,
  numbers: readonly number[],
): Promise<Map<number, Map<number, Relation>>> {
  const found = new Map<number, PullRequest>()
  let frontier = await readPullRequests(db, repositoryId, numbers)
  for (let step = 0; frontier.length > 0 && step < MAX_STEPS; step++) {
    for (const row of frontier) found.set(row.number, row)
    frontier = await neighboursOf(db, repositoryId, frontier, new Set(found.keys()))
  }
  const refs = [...found.values()].flatMap((row) => row.head_ref ?? [])
  const stackable = await stackableRefs(db, repositoryId, refs)
  const related = relatedOf(
    [...found.values()]
      .sort((a, b) => a.number - b.number)
      .map(({ number, title, head_ref, base_ref }) => ({
        number,
        title,
        headRef: head_ref !== null && stackable.has(head_ref) ? head_ref : null,
        baseRef: base_ref,
      })),
  )
  return new Map(
    numbers.flatMap((number) =>
      related.has(number) ? [[number, related.get(number) as Map<number, Relation>]] : [],
    ),
  )
}

/** Pull requests directly above or below these in a stack, or about the same change, without those that are in `found`. */
async function neighboursOf(
  db: Db,
  repositoryId: number,
  frontier: readonly PullRequest[],
  found: ReadonlySet<number>,
): Promise<PullRequest[]> {
  const refs = [...new Set(frontier.flatMap((row) => [row.head_ref ?? [], row.base_ref ?? []].flat()))]
  const stackable = await stackableRefs(db, repositoryId, refs)
  const heads = frontier.flatMap((row) => row.head_ref ?? []).filter((ref) => stackable.has(ref))
  const bases = frontier.flatMap((row) => row.base_ref ?? []).filter((ref) => stackable.has(ref))
  const subjects = [...new Set(frontier.map((row) => row.subject))]
  const { rows } = await sql<PullRequest>`with
      landing as (select distinct r.subject from pull_request r where r.repository_id = ${repositoryId} and r.repeats
        and md5(r.subject) in (select md5(s) from unnest(${subjects}::text[]) s) and r.subject = any(${subjects}))
    select p.* from pull_request p where p.repository_id = ${repositoryId} and p.head_ref = any(${bases})
    union select p.* from pull_request p where p.repository_id = ${repositoryId} and p.base_ref = any(${heads})
    union select p.* from landing l join pull_request p on p.repository_id = ${repositoryId}
      and md5(p.subject) = md5(l.subject) and p.subject = l.subject`.execute(db)
  return rows.filter((row) => !found.has(row.number))
}

/** Those of the branches that can be part of a stack: the head of a pull request, and the base of at most a few. */
async function stackableRefs(db: Db, repositoryId: number, refs: readonly string[]): Promise<Set<string>> {
  if (refs.length === 0) return new Set()
  const { rows } = await sql<{ ref: string }>`select ref from unnest(${[...refs]}::text[]) ref
    where exists (select 1 from pull_request p where p.repository_id = ${repositoryId} and p.head_ref = ref)
      and (select count(*) from (select 1 from pull_request p where p.repository_id = ${repositoryId}
        and p.base_ref = ref limit ${MAX_STACKED + 1}) onto) <= ${MAX_STACKED}`.execute(db)
  return new Set(rows.map((row) => row.ref))
}
