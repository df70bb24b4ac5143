/** Finds the pull requests of results that came without one: never on a webhook's way, and many at a time. */

import { addFacts } from '../../db/facts.ts'
import { type OrphanHead, takeOrphanHeads } from '../../db/orphan-heads.ts'
import { readRepositoriesWithOrphanHeads } from '../../db/repositories.ts'
import type { Db, Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS } from '../../domain/time.ts'
import { pathOf } from '../../github/client.ts'
import { createThrottledClient } from '../../github/throttled-client.ts'
import { askAboutHeads, HEADS_AT_ONCE } from './associated-pulls.ts'
import type { ReadContext } from './page.ts'

/** What is older belongs to history, which is read otherwise. */
const RECENT_DAYS = 7
/** In one round, of one repository. */
const MAX_HEADS = 250
/** Calls an hour that are left to reports and issues. */
const RESERVE = 500

/**
 * Asks GitHub about commits with results that belong to no known pull request, at most 250 of each repository: a query
 * for 50. What it tells becomes facts, and the commits are classified anew. Safe to run in many processes.
 * @returns how many commits were asked about
 */
export async function assignOrphanHeads(deps: Deps, signal?: AbortSignal): Promise<number> {
  const { db, github, log } = deps
  if (!github) return 0
  const at = {
    now: new Date(deps.now()).toISOString(),
    since: new Date(deps.now() - RECENT_DAYS * DAY_MS).toISOString(),
  }
  let asked = 0
  for (const repository of await readRepositoriesWithOrphanHeads(db, at)) {
    if (signal?.aborted) break
    const heads = await takeOrphanHeads(db, repository.repository_id, { ...at, most: MAX_HEADS })
    try {
      asked += heads.length
      if (heads.length > 0) await placeThese(deps, repository, heads, { now: at.now, signal })
    } catch (error) {
      log.warn(
        { repository: repository.full_name, error: String(error) },
        'GitHub did not tell whose some commits are; it is asked again later',
      )
    }
  }
  return asked
}

async function placeThese(
  { db, github, log }: Deps,
  repository: Row<'repository'>,
  heads: readonly OrphanHead[],
  { now, signal }: { now: string; signal: AbortSignal | undefined },
): Promise<void> {
  const { repository_id, full_name, installation_id } = repository
  if (!github || installation_id === null) return
  const client = createThrottledClient(await github.octokitOf(installation_id), { reserve: RESERVE, signal })
  const context: ReadContext = {
    db,
    client,
    repository: {
      ...{ id: repository_id, full_name, private: repository.private },
      default_branch: repository.default_branch ?? '',
    },
    ...pathOf(full_name),
    since: now,
    startedAt: now,
  }
  let placed = 0
  for (let at = 0; at < heads.length; at += HEADS_AT_ONCE) {
    const facts = await askAboutHeads(context, heads.slice(at, at + HEADS_AT_ONCE))
    // What GitHub told of the pull request is not news about the repository.
    const events = facts.map(({ repository: _repository, ...one }) => one)
    placed += new Set(events.flatMap((one) => one.pull_request_event ?? []).map((one) => one.head_sha)).size
    await db.transaction().execute((trx: Db) => addFacts(trx, events, { tasks: false }))
  }
  const calls = Object.fromEntries(client.calls)
  log.info({ repository: full_name, asked: heads.length, placed, calls }, 'asked whose commits these are')
}
