/** What a repository's pages are about: its row, its settings, which jobs count, and what day it is there. */
import { findRepository } from '../db/dashboard.ts'
import type { FlakeScope } from '../db/dashboard-flakes.ts'
import type { Row } from '../db/schema.ts'
import { readJobs } from '../db/sla.ts'
import { type Policy, type Required, requiredBy } from '../domain/policy.ts'
import { dayAt } from './dates.ts'
import type { DashboardDeps } from './deps.ts'

export interface RepositoryScope {
  repository: Row<'repository'>
  policy: Policy
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

/** The repository of that name as `request` may see it; null where there is none, or none for whoever asks. */
export async function openRepository(
  deps: DashboardDeps,
  request: Request,
  owner: string,
  repo: string,
): Promise<RepositoryScope | null> {
  const repository = await findRepository(deps.db, `${owner}/${repo}`)
  if (!repository || !(await deps.visibility.mayRead(request, repository))) return null
  const policy = await deps.policyOf(repository.repository_id)
  const required = requiredBy(policy)
  const jobs = await readJobs(deps.db, repository.repository_id)
  const counting = jobs.filter((job) => required.includes(job.name))
  const jobIds = counting.length === jobs.length ? null : counting.map((job) => job.job_id)
  const now = deps.now()
  return {
    repository,
    policy,
    required,
    jobs,
    flakes: { repositoryId: repository.repository_id, jobIds, strongOnly: policy.requireSameBase },
    now,
    today: dayAt(now, policy.timeZone),
  }
}
