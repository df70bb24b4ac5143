/** The daily deletion of old data: promised to people who uninstall the app, and it keeps the database from growing. */
import { expireOrphanHeads } from '../../db/orphan-heads.ts'
import { readAllRepositories, readRemovedRepositories } from '../../db/repositories.ts'
import { expireDeliveries, expireHeads, removeRepository } from '../../db/retention.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS } from '../../domain/time.ts'

/** People may install the app again within this time and find their data. */
const REMOVED_DAYS = 30
/** GitHub keeps check runs for 400 days; older ones cannot be read again or compared. */
const FACT_DAYS = 400
/** Only those of the last week are still assigned to pull requests. */
const ORPHAN_DAYS = 30
/** Deliveries about a whole installation are stored under this id. */
const NO_REPOSITORY = 0

/** Deletes what has expired. Safe to run at any time, twice, and in several processes. */
export async function deleteExpired(deps: Pick<Deps, 'db' | 'now' | 'log'>): Promise<void> {
  const before = (days: number) => new Date(deps.now() - days * DAY_MS).toISOString()
  for (const { repository_id, full_name } of await readRemovedRepositories(deps.db, before(REMOVED_DAYS))) {
    if (await removeRepository(deps.db, repository_id, before(REMOVED_DAYS)))
      deps.log.info({ repository: full_name }, 'everything about the removed repository was deleted')
  }
  await expireDeliveries(deps.db, NO_REPOSITORY, before(FACT_DAYS))
  for (const { repository_id, full_name } of await readAllRepositories(deps.db)) {
    let heads = 0
    for (let deleted = -1; deleted !== 0; heads += deleted)
      deleted = await expireHeads(deps.db, repository_id, before(FACT_DAYS))
    await expireDeliveries(deps.db, repository_id, before(FACT_DAYS))
    await expireOrphanHeads(deps.db, repository_id, before(ORPHAN_DAYS))
    if (heads > 0) deps.log.info({ repository: full_name, heads }, 'old runs were deleted')
  }
}
