/** Classifies: turns the facts about heads that changed into runs, verdicts and flakes. */
import { sql } from 'kysely'
import type { Db } from '../db/client.ts'
import { type Changes, writeConclusions } from '../db/conclusions.ts'
import { readHeads } from '../db/facts.ts'
import { lockRepository } from '../db/locks.ts'
import { addRows } from '../db/rows.ts'
import { concludeHead } from '../domain/head.ts'

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
    const heads = facts.map((head) => ({ headSha: head.headSha, conclusions: concludeHead(head) }))
    const changes = await writeConclusions(trx, repositoryId, heads)
    await markChanges(trx, repositoryId, changes)
    return marks.rows.length
  })
}

async function markChanges(db: Db, repositoryId: number, changes: Changes): Promise<void> {
  await addRows(
    db,
    'stale_verdict',
    changes.verdicts.map((one) => ({ repository_id: repositoryId, ...one })),
  )
  // Windows begin at whole quarter hours of UTC in every time zone, so marks need be no finer.
  const quarters = new Set(changes.windows.map((at) => Math.floor(Date.parse(at) / 900_000) * 900_000))
  await addRows(
    db,
    'stale_window',
    [...quarters].map((at) => ({
      repository_id: repositoryId,
      changed_at: new Date(at).toISOString(),
      why: 'runs',
    })),
  )
}
