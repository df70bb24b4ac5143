/** Requests that the breach issue is filed or closed, after a day has ended. */
import { readFiledBreaches } from '../../db/breach.ts'
import { enqueueTask } from '../../db/outbox.ts'
import { readWindows } from '../../db/sla.ts'
import type { Deps } from '../../deps.ts'
import { inSlaProbability } from '../../derive/breach-data.ts'
import { calendarOf } from '../../domain/calendar.ts'
import type { Settings } from '../../domain/settings.ts'
import { newTask } from '../../domain/task.ts'
import { iso } from '../../domain/time.ts'
import { BACK_IN_SLA } from './breach-issue.ts'

/**
 * Looks at yesterday only: a backfill closes ninety days at once, and nobody wants ninety issues. Requests the issue of a
 * breached day, or its closing when the repository is back in SLA. Requesting it again changes nothing.
 */
export async function requestBreachIssue(
  deps: Deps,
  repository_id: number,
  settings: Settings,
): Promise<void> {
  if (settings.breachIssue.mode === 'off') return
  const now = deps.now()
  const calendar = calendarOf(settings)
  const { start: day } = calendar.shift(calendar.at('day', now), -1)
  const [window] = await readWindows(deps.db, repository_id, 'day', { from: day, to: day })
  if (!window?.closed) return
  if (!window.breached) return requestClosing(deps, repository_id, settings, day)
  const place = { repository_id, task_key: `breach:day:${day}`, at: iso(now) }
  await enqueueTask(deps.db, newTask(place, 'breach', { day }))
}

/** Requests once for each issue that it is closed. */
async function requestClosing(
  { db, now }: Deps,
  repository_id: number,
  settings: Settings,
  day: string,
): Promise<void> {
  const [newest] = await readFiledBreaches(db, repository_id)
  if (!newest) return
  const probability = await inSlaProbability(db, repository_id, settings, day)
  if (probability === null || probability < BACK_IN_SLA) return
  const place = { repository_id, task_key: `breach-close:${newest.day}`, at: iso(now()) }
  await enqueueTask(db, newTask(place, 'breach-close', { day }))
}
