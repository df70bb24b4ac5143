/** What the pages of a repository need: its row, its settings, what counts, and its local day. */

import { findRepository, readRepositories } from '../db/repositories.ts'
import type { Row } from '../db/schema.ts'
import { readScope, type Scope, type Span } from '../db/scope.ts'
import { type Calendar, calendarOf } from '../domain/calendar.ts'
import type { Required } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { DAY_MS } from '../domain/time.ts'
import { type DashboardDeps, PUBLIC_ONLY, type Visibility } from './deps.ts'

export interface RepositoryView {
  repository: Row<'repository'>
  settings: Settings
  required: Required
  /** Names of the jobs that are required now. */
  names: string[]
  /** Every job ever seen. */
  jobs: Row<'job'>[]
  /** The runs and flakes that the figures are about. */
  scope: Scope
  /** Its local days and weeks. */
  calendar: Calendar
  /** Epoch ms. */
  now: number
  /** The local day, `YYYY-MM-DD`. */
  today: string
}

/** Heads of a pull request that its page, its tables and the API show, newest first. */
export const MAX_HEADS = 15

/** The last `days` times 24 hours up to now, this millisecond included. */
export function lastDays({ now }: Pick<RepositoryView, 'now'>, days: number): Span {
  return { from: now - days * DAY_MS, to: now + 1 }
}

/** Who may see what. The default shows public repositories only. */
export function visibilityOf(deps: Pick<DashboardDeps, 'visibility'>): Visibility {
  return deps.visibility ?? PUBLIC_ONLY
}

/** Every repository that the sender of `request` may see, by name. */
export async function readableRepositories(
  deps: Pick<DashboardDeps, 'db' | 'visibility'>,
  request: Request,
): Promise<Row<'repository'>[]> {
  const all = await readRepositories(deps.db)
  const mayRead = await Promise.all(all.map((repository) => visibilityOf(deps).mayRead(request, repository)))
  return all.filter((_, i) => mayRead[i])
}

/** The view of the repository of that name; null where it does not exist or `request` may not see it. */
export async function openRepository(
  deps: DashboardDeps,
  request: Request,
  owner: string,
  repo: string,
): Promise<RepositoryView | null> {
  const repository = await findRepository(deps.db, `${owner}/${repo}`)
  if (!repository || !(await visibilityOf(deps).mayRead(request, repository))) return null
  return viewOf(deps, repository)
}

/** The view of a repository. It does not check who asks. */
export async function viewOf(
  deps: Pick<DashboardDeps, 'db' | 'settingsOf' | 'now'>,
  repository: Row<'repository'>,
): Promise<RepositoryView> {
  const settings = await deps.settingsOf(repository.repository_id)
  const { scope, required, names, jobs } = await readScope(deps.db, repository.repository_id, settings)
  const now = deps.now()
  const calendar = calendarOf(settings)
  return {
    repository,
    settings,
    required,
    names,
    jobs,
    scope,
    now,
    calendar,
    today: calendar.at('day', now).start,
  }
}
