/** Finds the pull requests of results that arrived without one: outside the intake of webhooks, many at a time. */
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

/** Older results are left to the backfill. */
const RECENT_DAYS = 7
/** In one run of the timer, for each repository. */
const MAX_HEADS = 250
/** API calls an hour that are left for reports and issues. */
const RESERVE = 500

/**
 * Asks GitHub about commits with results that belong to no known pull request: at most 250 of each repository, 50 in one
 * query. The answers become facts, and the commits are classified again. Safe to run in several processes.
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
      if (heads.length > 0) await assign(deps, repository, heads, { now: at.now, signal })
    } catch (err) {
      log.warn(
        { repository: repository.full_name, err },
        'the pull requests of some commits could not be read; they are read again later',
      )
    }
  }
  return asked
}

async function assign(
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
    completeSince: now,
    continues: false,
  }
  let assigned = 0
  for (let at = 0; at < heads.length; at += HEADS_AT_ONCE) {
    const facts = await askAboutHeads(context, heads.slice(at, at + HEADS_AT_ONCE))
    // The answers describe pull requests; they say nothing new about the repository.
    const events = facts.map(({ repository: _repository, ...rest }) => rest)
    assigned += new Set(
      events.flatMap((fact) => fact.pull_request_event ?? []).map((event) => event.head_sha),
    ).size
    await db.transaction().execute((trx: Db) => addFacts(trx, events, { tasks: false }))
  }
  const calls = Object.fromEntries(client.calls)
  log.info(
    { repository: full_name, asked: heads.length, assigned, calls },
    'results were assigned to pull requests',
  )
}
