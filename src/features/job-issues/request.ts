/** Asks once a day for the issues about single jobs to be looked after. */
import { requestEffect } from '../../db/outbox.ts'
import type { Deps } from '../../deps.ts'
import type { Settings } from '../../domain/settings.ts'
import { windowAt } from '../../domain/window.ts'

/** Requests the round of the local day that `now` (epoch ms) lies in; a second time changes nothing. */
export async function requestJobIssues(
  deps: Deps,
  repository_id: number,
  settings: Settings,
  now: number,
): Promise<void> {
  const { start } = windowAt('day', now, settings.timeZone)
  const at = new Date(now).toISOString()
  await requestEffect(deps.db, {
    repository_id,
    task_key: `job-issues:${start}`,
    kind: 'job-issues',
    detail: JSON.stringify({ day: start }),
    created_at: at,
    due_at: at,
  })
}
