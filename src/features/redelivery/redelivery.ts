/** Has failed deliveries sent again: GitHub does not retry, so a failed delivery would be lost. */
import { readTimeline } from '../../db/database-state.ts'
import {
  type DeliveryCursor,
  deleteCursor,
  isTakenOver,
  noteCheck,
  noteTimeline,
  readLastCheck,
  readOldestCursor,
  saveCursor,
} from '../../db/delivery-checks.ts'
import {
  addMissed,
  fillGaps,
  finishArrived,
  finishMissed,
  type Missed,
  noteMissed,
  noteTry,
  openGap,
  openMissed,
  readRepositoriesWithGaps,
  readStored,
} from '../../db/gaps.ts'
import { readInstalledRepositories } from '../../db/repositories.ts'
import type { Deps } from '../../deps.ts'
import { iso, MINUTE_MS } from '../../domain/time.ts'
import type { Octokit } from '../../github/client.ts'
import { isEvent, translate } from '../../intake/events/translate.ts'
import { type DeliveryAttempt, type LogPosition, listAttempts, readPayload, redeliver } from './github.ts'

/** GitHub keeps deliveries for 3 days; one hour is left to redeliver them. */
const REDELIVERABLE_MS = 71 * 60 * MINUTE_MS
const RETENTION_MS = 72 * 60 * MINUTE_MS
/** This much of the log is read twice: a failed attempt appears in it with a delay. */
const OVERLAP_MS = 15 * MINUTE_MS
const MAX_ATTEMPTS = 6

/**
 * Redelivers what failed, at most 6 times with growing pauses. What still does not arrive, and everything from a downtime
 * longer than GitHub keeps deliveries, is backfilled over the API. Safe to run at any time and in several processes.
 */
export async function reconcile(deps: Deps): Promise<void> {
  const { db, github } = deps
  if (!github) return
  const now = iso(deps.now())
  const last = await readLastCheck(db)
  const oldest = deps.now() - REDELIVERABLE_MS
  const octokit = await github.appOctokit()
  const since = iso(Math.max(oldest, last ? Date.parse(last) - OVERLAP_MS : oldest))
  const timeline = await readTimeline(db)
  const which = (await isTakenOver(db, timeline)) ? 'all' : 'failed'
  const rest = await readOldestCursor(db)
  await checkLog(deps, octokit, { since, which, cursor: null })
  if (last && Date.parse(last) < oldest) {
    await openGaps(deps, { from: last, to: now, reason: 'the server was down' })
    deps.log.warn(
      { from: last, to: now },
      'down for longer than GitHub keeps deliveries; the history is backfilled',
    )
  }
  // Noted only now: if GitHub does not answer, the next run starts at the last answer again.
  await noteCheck(db, now)
  await noteTimeline(db, timeline, now)
  if (rest) await resumeCheck(deps, octokit, rest)
  await finishArrived(db, now)
  for (const missed of await openMissed(db)) await retry(deps, octokit, missed)
  await fillAll(deps, now)
}

/** Notes which deliveries did not arrive, and where to resume if there are too many for one run. */
async function checkLog(deps: Deps, octokit: Octokit, at: LogPosition): Promise<void> {
  const { db, log } = deps
  const { found, cursor } = await listAttempts(octokit, at)
  const wanted =
    at.which === 'all' ? await notStored(deps, found) : found.filter(({ event }) => isEvent(event))
  const missed = wanted.map(({ guid, id, repositoryId, event, deliveredAt }) => ({
    guid,
    delivery_id: id,
    repository_id: repositoryId ?? 0,
    event,
    delivered_at: deliveredAt,
  }))
  // The last attempt of a delivery counts. `found` starts with the newest, and a resumed part is older than what is noted.
  await (at.cursor === null ? noteMissed(db, missed.reverse()) : addMissed(db, missed))
  if (cursor === null) return
  await saveCursor(db, { ...at, cursor })
  log.warn(
    { since: at.since, checked: found.length },
    'more deliveries than one run reads; the next run resumes here',
  )
}

/** Resumes where a run stopped. What GitHub no longer shows is noted as a gap. */
async function resumeCheck(deps: Deps, octokit: Octokit, rest: DeliveryCursor): Promise<void> {
  const oldest = deps.now() - RETENTION_MS
  const since = iso(Math.max(oldest, Date.parse(rest.since)))
  const noteLost = async (to: string) => {
    await openGaps(deps, { from: rest.since, to, reason: 'GitHub’s delivery log could not be read' })
    deps.log.warn(
      { from: rest.since, to },
      'the delivery log could not be read in time; the history is backfilled',
    )
  }
  try {
    if (Date.parse(rest.since) < oldest) await noteLost(since)
    await checkLog(deps, octokit, { ...rest, since })
  } catch (error) {
    const { status = 0 } = error as { status?: number }
    if (![400, 404, 422].includes(status)) throw error
    await noteLost(iso(deps.now()))
  }
  await deleteCursor(deps.db, rest)
}

/**
 * A promoted replica may lack the last writes, so GitHub's log is compared with what is stored. @returns the attempts whose
 * delivery is not stored
 */
async function notStored({ db, log }: Deps, attempts: DeliveryAttempt[]): Promise<DeliveryAttempt[]> {
  const stored = await readStored(
    db,
    attempts.map(({ guid }) => guid),
  )
  const wanted = attempts.filter(({ event, guid }) => isEvent(event) && !stored.has(guid))
  const lost = wanted.filter(({ failed }) => !failed).length
  log.warn(
    { lost },
    'another server took over the database; the deliveries that it does not have are sent again',
  )
  return wanted
}

/** Notes a gap in every repository. */
async function openGaps(
  { db }: Deps,
  { from, to, reason }: { from: string; to: string; reason: string },
): Promise<void> {
  for (const { repository_id } of await readInstalledRepositories(db))
    await openGap(db, { repository_id, from_at: from, to_at: to, reason })
}

async function retry(deps: Deps, octokit: Octokit, missed: Missed): Promise<void> {
  const { db, log } = deps
  const now = iso(deps.now())
  const { guid, event, attempts, delivery_id } = missed
  if (attempts > 0 && !isDue(missed, deps.now())) return
  if (attempts > 0 && (await hasNothingToRecord(octokit, missed)))
    return finishMissed(db, guid, now, 'nothing to record')
  if (attempts < MAX_ATTEMPTS && (await redeliver(octokit, delivery_id))) {
    await noteTry(db, guid, now)
    return log.info({ delivery: guid, event, attempts: attempts + 1 }, 'delivery is sent again')
  }
  if (missed.repository_id > 0) {
    const { repository_id, delivered_at } = missed
    await openGap(db, {
      repository_id,
      from_at: delivered_at,
      to_at: delivered_at,
      reason: 'a delivery was lost',
    })
  }
  await finishMissed(db, guid, now, 'lost; the history is backfilled')
  log.warn({ delivery: guid, event }, 'delivery is lost; the history is backfilled')
}

/** Whether the pause after the last attempt has passed: 2, 4, 8 … minutes. */
function isDue({ attempts, tried_at }: Missed, now: number): boolean {
  return tried_at === null || now - Date.parse(tried_at) >= MINUTE_MS * 2 ** attempts
}

/** Most deliveries contain nothing to record and leave no trace when they arrive. Their payload shows whether this is one. */
async function hasNothingToRecord(octokit: Octokit, { guid, event, delivery_id }: Missed): Promise<boolean> {
  const payload = await readPayload(octokit, delivery_id)
  return payload !== null && translate(payload, { guid, event, at: iso(0) }).outcome === 'ignored'
}

async function fillAll({ db }: Deps, now: string): Promise<void> {
  for (const repositoryId of await readRepositoriesWithGaps(db)) await fillGaps(db, repositoryId, now)
}
