/** What a repository's pages are about: its row, its settings, which jobs count, and what day it is there. */

import type { FlakeScope, Span } from '../db/flakes.ts'
import { readRequired } from '../db/required.ts'
import type { Row } from '../db/schema.ts'
import type { Required } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { DAY_MS } from '../domain/time.ts'
import { dayAt } from './dates.ts'
import { type DashboardDeps, PUBLIC_ONLY, type Visibility } from './deps.ts'
import { findRepository, readRepositories } from './queries/repositories.ts'

export interface RepositoryScope {
  repository: Row<'repository'>
  settings: Settings
  required: Required
  /** Every job ever seen. */
  jobs: Row<'job'>[]
  /** The flakes that count here. */
  flakes: FlakeScope
  /** Epoch ms. */
  now: number
  /** The local day, `YYYY-MM-DD`. */
  today: string
}

/** Heads of a pull request that its page, its tables and the API tell of, the newest first. */
export const MAX_HEADS = 15

/** The last days up to now (epoch ms), what happens at this instant included. */
export function lastDays({ now }: Pick<RepositoryScope, 'now'>, days: number): Span {
  return { from: now - days * DAY_MS, to: now + 1 }
}

/** Who sees what, by default the least. */
export function visibilityOf(deps: Pick<DashboardDeps, 'visibility'>): Visibility {
  return deps.visibility ?? PUBLIC_ONLY
}

/** Every repository that `request` may see, by name. */
export async function readableRepositories(
  deps: Pick<DashboardDeps, 'db' | 'visibility'>,
  request: Request,
): Promise<Row<'repository'>[]> {
  const all = await readRepositories(deps.db)
  const seen = await Promise.all(all.map((one) => visibilityOf(deps).mayRead(request, one)))
  return all.filter((_, i) => seen[i])
}

/** The repository of that name as `request` may see it; null where there is none, or none for whoever asks. */
export async function openRepository(
  deps: DashboardDeps,
  request: Request,
  owner: string,
  repo: string,
): Promise<RepositoryScope | null> {
  const repository = await findRepository(deps.db, `${owner}/${repo}`)
  if (!repository || !(await visibilityOf(deps).mayRead(request, repository))) return null
  return scopeOf(deps, repository)
}

/** What the pages of a repository are about, for whoever may see it. */
export async function scopeOf(
  deps: Pick<DashboardDeps, 'db' | 'settingsOf' | 'now'>,
  repository: Row<'repository'>,
): Promise<RepositoryScope> {
  const settings = await deps.settingsOf(repository.repository_id)
  const { required, jobs } = await readRequired(deps.db, repository.repository_id, settings)
  const counting = jobs.filter((job) => required.includes(job))
  const jobIds = counting.length === jobs.length ? null : counting.map((job) => job.job_id)
  const now = deps.now()
  return {
    repository,
    settings,
    required,
    jobs,
    flakes: { repositoryId: repository.repository_id, jobIds, strongOnly: settings.requireSameBase },
    now,
    today: dayAt(now, settings.timeZone),
  }
}
