/** Classifies: turns the facts about heads that changed into runs, verdicts and flakes. */

import { sql } from 'kysely'
import { type Changes, writeDerived } from '../db/derived.ts'
import { readHeads } from '../db/facts.ts'
import { lockRepository } from '../db/locks.ts'
import { addOrphanHead } from '../db/orphan-heads.ts'
import { readRelated, renewPullRequests } from '../db/pull-request-table.ts'
import { addRows } from '../db/rows.ts'
import type { Db } from '../db/schema.ts'
import { weeksLearningFrom } from '../domain/attribution/week.ts'
import { deriveHead, type HeadFacts, isWaiting } from '../domain/head.ts'
import { iso } from '../domain/time.ts'
import { markOf } from './stale-marks.ts'

/** Classifies the next `most` stale heads of a repository. @returns how many marks were worked off; 0 when none is left */
export async function classifyNext(db: Db, repositoryId: number, most: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    // Marks are taken under the lock: facts that commit later bring marks of their own.
    await lockRepository(trx, repositoryId)
    const marks = await sql<{ head_sha: string | null; number: number | null }>`delete from stale_head
      where repository_id = ${repositoryId} and seq in (
        select seq from stale_head where repository_id = ${repositoryId} order by seq limit ${most})
      returning head_sha, number`.execute(trx)
    if (marks.rows.length === 0) return 0
    const shas = new Set(marks.rows.flatMap((mark) => mark.head_sha ?? []))
    const numbers = [...new Set(marks.rows.flatMap((mark) => mark.number ?? []))]
    if (numbers.length > 0) {
      const heads = await sql<{ head_sha: string }>`select distinct head_sha from pull_request_event
        where repository_id = ${repositoryId} and number = any(${numbers})`.execute(trx)
      for (const head of heads.rows) shas.add(head.head_sha)
    }
    const facts = await readHeads(trx, repositoryId, [...shas])
    // Of a commit whose runs have been forgotten nothing new can be derived: its verdicts stay as they are.
    const known = facts.filter((head) => head.observations.length > 0)
    const heads = known.map((head) => ({ headSha: head.headSha, conclusions: deriveHead(head) }))
    const waiting = known.filter((head, i) => isWaiting(head, heads[i]?.conclusions ?? NOTHING))
    await addOrphanHead(trx, repositoryId, waiting.map(orphanHeadRow))
    const changes = await writeDerived(trx, repositoryId, heads)
    await markChanges(trx, repositoryId, changes)
    for (const { pullRequests } of facts) for (const { number } of pullRequests) numbers.push(number)
    await renewAbout(trx, repositoryId, [...new Set(numbers)])
    return marks.rows.length
  })
}

const NOTHING = { runs: [], verdicts: [] }

function orphanHeadRow({ headSha, observations }: HeadFacts) {
  const times = observations.map((one) => Date.parse(one.completed_at))
  return {
    head_sha: headSha,
    head_branches: [...new Set(observations.flatMap((one) => one.head_branch ?? []))],
    completed_at: iso(times.reduce((a, b) => Math.max(a, b))),
  }
}

/** A pull request that was merged, renamed or stacked is other evidence, and so are those that it shares code with. */
async function renewAbout(db: Db, repositoryId: number, numbers: readonly number[]): Promise<void> {
  const before = await readRelated(db, repositoryId, numbers)
  const changed = await renewPullRequests(db, repositoryId, numbers)
  if (changed.length === 0) return
  const touched = [...new Set(changed.map((one) => one.number))]
  const after = await readRelated(db, repositoryId, touched)
  const related = [...after.values(), ...touched.flatMap((number) => before.get(number) ?? [])]
  const all = [...new Set([...touched, ...related.flatMap((one) => [...one.keys()])])]
  await sql`insert into stale_verdict (repository_id, job_id, changed_at)
    select repository_id, job_id, flaked_at from flake
    where repository_id = ${repositoryId} and number = any(${all})`.execute(db)
}

async function markChanges(db: Db, repositoryId: number, changes: Changes): Promise<void> {
  const marked = { repository_id: repositoryId }
  const verdicts = new Map<string, { job_id: number; at: number }>()
  for (const { job_id, changed_at } of changes.verdicts) {
    const at = markOf(changed_at)
    verdicts.set(`${job_id}/${at}`, { job_id, at })
  }
  await addRows(
    db,
    'stale_verdict',
    [...verdicts.values()].map(({ job_id, at }) => ({ ...marked, job_id, changed_at: iso(at) })),
  )
  const weeks = new Set(changes.verdicts.flatMap((one) => weeksLearningFrom(Date.parse(one.changed_at))))
  await addRows(
    db,
    'stale_week',
    [...weeks].map((week) => ({ ...marked, week: iso(week).slice(0, 10) })),
  )
  const windows = new Set(changes.windows.map(markOf))
  await addRows(
    db,
    'stale_window',
    [...windows].map((at) => ({ ...marked, changed_at: iso(at), why: 'runs' })),
  )
}
