/** The deletion of old data: promised to people who uninstall the app, and it keeps the database from growing. */
import { readHorizon } from '../../db/horizon.ts'
import { expireOrphanHeads } from '../../db/orphan-heads.ts'
import { readAllRepositories, readRemovedRepositories } from '../../db/repositories.ts'
import {
  expireDeliveries,
  expireHeads,
  hasResultBetween,
  readOldHeads,
  removeRepository,
} from '../../db/retention.ts'
import type { Row } from '../../db/schema.ts'
import { claimTick } from '../../db/ticks.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS, iso, WEEK_MS } from '../../domain/time.ts'

/** People may install the app again within this time and find their data. */
const REMOVED_DAYS = 30
/** Ids of deliveries, which GitHub cannot send again after three days. */
const DELIVERY_DAYS = 400
/** Only those of the last week are still assigned to pull requests. */
const ORPHAN_DAYS = 30
/** Deliveries about a whole installation are stored under this id. */
const NO_REPOSITORY = 0

type RetentionDeps = Pick<Deps, 'db' | 'now' | 'log' | 'settingsOf' | 'github'>

/**
 * Deletes what has expired, once a day and once its clock is confirmed: a start with a wrong clock must not erase history. Safe to run at any time,
 * twice, and in several processes.
 */
export async function deleteExpired(deps: RetentionDeps): Promise<void> {
  const now = deps.now()
  if (!(await isClockConfirmed(deps, now))) {
    deps.log.warn(
      { now: iso(now) },
      'nothing was deleted: neither recent results nor GitHub confirm the clock',
    )
    return
  }
  // The timer runs hourly, so that no day is missed, but looking for old facts reads all of them.
  if (!(await claimTick(deps.db, 'retention of the day', iso(now - (now % DAY_MS))))) return
  const before = (days: number) => iso(now - days * DAY_MS)
  for (const { repository_id, full_name } of await readRemovedRepositories(deps.db, before(REMOVED_DAYS))) {
    if (await removeRepository(deps.db, repository_id, before(REMOVED_DAYS)))
      deps.log.info({ repository: full_name }, 'everything about the removed repository was deleted')
  }
  await expireDeliveries(deps.db, NO_REPOSITORY, before(DELIVERY_DAYS))
  for (const repository of await readAllRepositories(deps.db)) {
    await expireFacts(deps, repository, now)
    await expireDeliveries(deps.db, repository.repository_id, before(DELIVERY_DAYS))
    await expireOrphanHeads(deps.db, repository.repository_id, before(ORPHAN_DAYS))
  }
}

/** Deletes the facts that are older than the repository's settings say, at most once for each day. */
async function expireFacts(
  { db, log, settingsOf }: RetentionDeps,
  { repository_id, full_name }: Row<'repository'>,
  now: number,
): Promise<void> {
  const { retention } = await settingsOf(repository_id)
  const before = now - retention.runDays * DAY_MS
  const horizon = await readHorizon(db, repository_id)
  if (horizon !== null && before - horizon < DAY_MS) return
  const shas = await readOldHeads(db, repository_id, iso(before))
  if (shas.length === 0) return
  const about = { repository: full_name, run_days: retention.runDays, before: iso(before) }
  if (horizon === null || before - horizon >= 2 * DAY_MS)
    log.warn({ ...about, heads: shas.length }, 'the runs of more than one day are deleted at once')
  const heads = await expireHeads(db, repository_id, iso(before), shas)
  log.info({ ...about, heads }, 'old runs were deleted')
}

/** Whether this machine's clock is right: a result of the last week is stored, or GitHub's clock says so. */
async function isClockConfirmed({ db, github, log }: RetentionDeps, now: number): Promise<boolean> {
  if (await hasResultBetween(db, iso(now - WEEK_MS), iso(now + DAY_MS))) return true
  if (!github) return false
  try {
    const { headers } = await (await github.appOctokit()).request('GET /app')
    return Math.abs(now - Date.parse(headers.date ?? '')) < DAY_MS
  } catch (err) {
    log.warn({ err }, 'GitHub could not be asked for the time')
    return false
  }
}
