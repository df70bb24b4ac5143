/** The daily job that forgets: promised to whoever takes the app off, and needed where a database must not grow for ever. */

import { expireOrphanHeads } from '../../db/orphan-heads.ts'
import { readAllRepositories, readRemovedRepositories } from '../../db/repositories.ts'
import { expireDeliveries, expireHeads, removeRepository } from '../../db/retention.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS } from '../../domain/time.ts'

/** Time to change one's mind after taking the app off. */
const REMOVED_DAYS = 30
/** GitHub keeps check runs for 400 days; what it has forgotten cannot be read again, or compared. */
const FACT_DAYS = 400
/** GitHub is asked about a week's. */
const WAITING_DAYS = 30
/** Deliveries about a whole installation are kept under this. */
const NO_REPOSITORY = 0

/** Safe to run at any time, twice, and in many processes. */
export async function deleteExpired(deps: Pick<Deps, 'db' | 'now' | 'log'>): Promise<void> {
  const before = (days: number) => new Date(deps.now() - days * DAY_MS).toISOString()
  for (const { repository_id, full_name } of await readRemovedRepositories(deps.db, before(REMOVED_DAYS))) {
    if (await removeRepository(deps.db, repository_id, before(REMOVED_DAYS)))
      deps.log.info({ repository: full_name }, 'everything about the removed repository was deleted')
  }
  await expireDeliveries(deps.db, NO_REPOSITORY, before(FACT_DAYS))
  for (const { repository_id, full_name } of await readAllRepositories(deps.db)) {
    let heads = 0
    for (let some = -1; some !== 0; heads += some)
      some = await expireHeads(deps.db, repository_id, before(FACT_DAYS))
    await expireDeliveries(deps.db, repository_id, before(FACT_DAYS))
    await expireOrphanHeads(deps.db, repository_id, before(WAITING_DAYS))
    if (heads > 0) deps.log.info({ repository: full_name, heads }, 'old runs were deleted')
  }
}
