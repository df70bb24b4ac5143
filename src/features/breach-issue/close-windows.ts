/** The daily job: closes what has ended in each repository's time zone, and asks for the issue of a breached day. */
import { readFiledBreaches } from '../../db/breach.ts'
import { requestEffect } from '../../db/outbox.ts'
import type { Row } from '../../db/schema.ts'
import { readWindows } from '../../db/sla.ts'
import type { Deps } from '../../deps.ts'
import { inSlaProbability } from '../../derive/breach-data.ts'
import { deriveRepository } from '../../derive/derive.ts'
import { closeWindows } from '../../derive/measure.ts'
import type { Settings } from '../../domain/settings.ts'
import { shiftWindow, windowAt } from '../../domain/window.ts'
import { requestJobIssues } from '../job-issues/request.ts'
import { BACK_IN_SLA } from './breach-issue.ts'

/** History that is read in is measured too, but nobody wants ninety issues for it: only yesterday's breach is filed. */
const FILED_DAYS = 1

/** Driven by what is stored: safe to run at any time, twice, in many processes, or after days of being down. */
export async function closeAll(deps: Deps): Promise<void> {
  const repositories = await deps.db
    .selectFrom('repository')
    .selectAll()
    .where('removed_at', 'is', null)
    .orderBy('repository_id')
    .execute()
  for (const repository of repositories) {
    try {
      await closeRepository(deps, repository)
    } catch (error) {
      deps.log.error(
        { repository: repository.full_name, error: String(error) },
        'windows could not be closed',
      )
    }
  }
}

async function closeRepository(deps: Deps, { repository_id, full_name }: Row<'repository'>): Promise<void> {
  const now = deps.now()
  const settings = await deps.settingsOf(repository_id)
  await deriveRepository(deps.db, repository_id, { settingsOf: deps.settingsOf, now })
  for (const { kind, start, breached, prs } of await closeWindows(deps.db, repository_id, settings, now)) {
    deps.log.info({ repository: full_name, kind, start, breached, prs }, 'window closed')
  }
  if (settings.breachIssue.mode !== 'off') await requestBreachIssue(deps, repository_id, settings, now)
  if (settings.jobIssues.enabled) await requestJobIssues(deps, repository_id, settings, now)
}

async function requestBreachIssue(
  deps: Deps,
  repositoryId: number,
  settings: Settings,
  now: number,
): Promise<void> {
  const yesterday = shiftWindow(windowAt('day', now, settings.timeZone), -FILED_DAYS, settings.timeZone)
  const [row] = await readWindows(deps.db, repositoryId, 'day', {
    from: yesterday.start,
    to: yesterday.start,
  })
  if (!row?.closed) return
  if (row.breached) await request(deps, repositoryId, 'breach', `breach:day:${row.start}`, row.start)
  else await requestClose(deps, repositoryId, settings, row.start)
}

/** Asks once for each issue that it be closed, when the repository is back in SLA. */
async function requestClose(
  deps: Deps,
  repositoryId: number,
  settings: Settings,
  day: string,
): Promise<void> {
  const [newest] = await readFiledBreaches(deps.db, repositoryId)
  if (!newest) return
  const likely = await inSlaProbability(deps.db, repositoryId, settings, day)
  if (likely === null || likely < BACK_IN_SLA) return
  await request(deps, repositoryId, 'breach-close', `breach-close:${newest.day}`, day)
}

async function request(
  deps: Deps,
  repository_id: number,
  kind: string,
  task_key: string,
  day: string,
): Promise<void> {
  const at = new Date(deps.now()).toISOString()
  const detail = JSON.stringify({ day })
  await requestEffect(deps.db, { repository_id, task_key, kind, detail, created_at: at, due_at: at })
}
