/** Gets what GitHub could not hand over: it sends nothing twice by itself, so that a failed delivery would be lost. */
import {
  fillGaps,
  finishArrived,
  finishMissed,
  isTakenOver,
  type Missed,
  noteMissed,
  noteSignOfLife,
  noteTimeline,
  noteTry,
  openGap,
  openMissed,
  readSignOfLife,
  readStored,
} from '../db/gaps.ts'
import { readTimeline } from '../db/state.ts'
import type { Deps } from '../deps.ts'
import type { Octokit } from '../github/client.ts'
import { type DeliveryAttempt, listAttempts, readPayload, redeliver } from '../github/deliveries.ts'
import { isEvent, translate } from '../webhooks/translate.ts'

const NAME = 'reconcile'
const MINUTE = 60_000
/** GitHub keeps deliveries for 3 days; an hour is left for doing it. */
const KEPT_MS = 71 * 60 * MINUTE
/** Looked at again: an attempt is listed some time after it failed. */
const OVERLAP_MS = 15 * MINUTE
const MOST_ATTEMPTS = 6

/**
 * Orders what failed again, at most 6 times with growing pauses; what does not arrive even so, and what fell into a time
 * longer than GitHub remembers, is read over the API. Safe to run at any time and in many processes.
 */
export async function reconcile(deps: Deps): Promise<void> {
  const { db, github } = deps
  if (!github) return
  const now = iso(deps.now())
  const last = await readSignOfLife(db, NAME)
  const oldest = deps.now() - KEPT_MS
  const octokit = await github.appOctokit()
  const since = iso(Math.max(oldest, last ? Date.parse(last) - OVERLAP_MS : oldest))
  const timeline = await readTimeline(db)
  const wanted = (await isTakenOver(db, timeline))
    ? await notStored(deps, await listAttempts(octokit, since, 'all'))
    : (await listAttempts(octokit, since, 'failed')).filter((one) => isEvent(one.event))
  if (last && Date.parse(last) < oldest) await openGaps(deps, last, now)
  // Newest first: the last attempt to hand over a delivery is the one that stays.
  await noteMissed(
    db,
    wanted.reverse().map((one) => ({
      guid: one.guid,
      delivery_id: one.id,
      repository_id: one.repositoryId ?? 0,
      event: one.event,
      delivered_at: one.deliveredAt,
    })),
  )
  // Only now: where GitHub could not be asked, the time since the last answer is looked at again.
  await noteSignOfLife(db, NAME, now)
  await noteTimeline(db, timeline, now)
  await finishArrived(db, now)
  for (const one of await openMissed(db)) await tryAgain(deps, octokit, one)
  await fillAll(deps, now)
}

/**
 * A replica took the database over, and may not have had the last that was written: what GitHub was told to be received is
 * compared with what is there.
 */
async function notStored({ db, log }: Deps, attempts: DeliveryAttempt[]): Promise<DeliveryAttempt[]> {
  const stored = await readStored(
    db,
    attempts.map((one) => one.guid),
  )
  const wanted = attempts.filter((one) => isEvent(one.event) && !stored.has(one.guid))
  const lost = wanted.filter((one) => !one.failed).length
  log.warn(
    { lost },
    'another server took the database over; deliveries that it does not have are ordered again',
  )
  return wanted
}

/** The server was away for longer than GitHub remembers deliveries. */
async function openGaps({ db, log }: Deps, from: string, to: string): Promise<void> {
  const repositories = await db
    .selectFrom('repository')
    .select('repository_id')
    .where('removed_at', 'is', null)
    .where('installation_id', 'is not', null)
    .execute()
  for (const { repository_id } of repositories)
    await openGap(db, { repository_id, from_at: from, to_at: to, reason: 'the server was away' })
  log.warn({ from, to }, 'away for longer than GitHub keeps deliveries; history is read again')
}

async function tryAgain(deps: Deps, octokit: Octokit, missed: Missed): Promise<void> {
  const { db, log } = deps
  const now = iso(deps.now())
  const { guid, event, attempts, delivery_id } = missed
  if (attempts > 0 && !isDue(missed, deps.now())) return
  if (attempts > 0 && (await tellsNothing(octokit, missed)))
    return finishMissed(db, guid, now, 'nothing to record')
  if (attempts < MOST_ATTEMPTS && (await redeliver(octokit, delivery_id))) {
    await noteTry(db, guid, now)
    return log.info({ delivery: guid, event, attempts: attempts + 1 }, 'delivery ordered again')
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
  await finishMissed(db, guid, now, 'lost; history is read again')
  log.warn({ delivery: guid, event }, 'delivery is lost; history is read again')
}

/** After 2, 4, 8 … minutes. */
function isDue({ attempts, tried_at }: Missed, now: number): boolean {
  return tried_at === null || now - Date.parse(tried_at) >= MINUTE * 2 ** attempts
}

/** Most events of an action that concerns nobody leave no trace when they arrive; their payload says so. */
async function tellsNothing(octokit: Octokit, { guid, event, delivery_id }: Missed): Promise<boolean> {
  const payload = await readPayload(octokit, delivery_id)
  return payload !== null && translate(payload, { guid, event, at: iso(0) }).outcome === 'ignored'
}

async function fillAll({ db }: Deps, now: string): Promise<void> {
  const open = await db
    .selectFrom('gap')
    .select('repository_id')
    .distinct()
    .where('filled_at', 'is', null)
    .execute()
  for (const { repository_id } of open) await fillGaps(db, repository_id, now)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
