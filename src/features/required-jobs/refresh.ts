/** Keeps the lists of required jobs: asks GitHub what each base branch requires now and stores what changed. */

import type { LeasedTask } from '../../db/outbox.ts'
import { readInstalledRepositories } from '../../db/repositories.ts'
import {
  addReading,
  readAppsWithRuns,
  readBaseBranches,
  readNewestPullRequests,
  readRequirements,
} from '../../db/required.ts'
import type { Db, Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS, iso } from '../../domain/time.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import type { TaskContext, TaskResult } from '../feature.ts'
import { readAppId, readBranchRules } from './github.ts'

const MAX_BRANCHES = 30
const BRANCH_DAYS = 30
/** The newest may have no finished checks yet. */
const PULL_REQUESTS = 5

/** Reads the required jobs again after a webhook announced a change, which is valid from then on, even if it is read late. */
export async function refreshRequired(
  { deps, octokit, repository }: TaskContext,
  task: LeasedTask<'required'>,
): Promise<TaskResult> {
  const changed = await readRequiredJobs(deps.db, octokit, repository, Date.parse(task.payload.since))
  return { result: `required jobs of ${changed} branch${changed === 1 ? '' : 'es'} changed`, url: null }
}

/**
 * Reads the required jobs of every repository that the app is installed on: most installations send no webhook about
 * changes. A repository that fails does not stop the others.
 */
export async function refreshAllRequired(deps: Deps): Promise<void> {
  if (!deps.github) return
  for (const repository of await readInstalledRepositories(deps.db)) {
    try {
      const octokit = await deps.github.octokitOf(repository.installation_id as number)
      const branches = await readRequiredJobs(deps.db, octokit, repository, deps.now())
      if (branches > 0) deps.log.info({ repository: repository.full_name, branches }, 'required jobs changed')
    } catch (err) {
      deps.log.warn(
        { repository: repository.full_name, err },
        'required jobs could not be read; they are read again tomorrow',
      )
    }
  }
}

/**
 * Reads what the base branches of the last 30 days require: about 3 calls for each, at most 30 branches.
 * @param since when a change takes effect (epoch ms): when it was announced, or else now
 * @returns how many lists are new or changed
 */
export async function readRequiredJobs(
  db: Db,
  octokit: Octokit,
  { repository_id, full_name }: Pick<Row<'repository'>, 'repository_id' | 'full_name'>,
  since: number,
): Promise<number> {
  const slugOf = await slugResolver(db, octokit, repository_id)
  let changed = 0
  const from = iso(since - BRANCH_DAYS * DAY_MS)
  for (const branch of await readBaseBranches(db, repository_id, from, MAX_BRANCHES)) {
    const numbers = await readNewestPullRequests(db, repository_id, branch, PULL_REQUESTS)
    const reading = await readBranchRules(octokit, pathOf(full_name), branch, numbers, slugOf)
    const list = { base_ref: branch, valid_from: iso(since) }
    if (await addReading(db, repository_id, list, reading)) changed++
  }
  return changed
}

/**
 * Resolves the id of an app to its slug: from earlier lists, else by asking about the apps that reported runs here. GitHub
 * has no call that finds an app by its id.
 */
async function slugResolver(db: Db, octokit: Octokit, repositoryId: number) {
  const slugs = new Map<number, string | null>()
  const { lists } = await readRequirements(db, repositoryId)
  for (const { integration_id, app } of lists.flatMap((list) => list.jobs ?? []))
    if (integration_id !== null && app) slugs.set(integration_id, app)
  const resolved = new Set(slugs.values())
  let unresolved: string[] | null = null
  return async (id: number): Promise<string | null> => {
    unresolved ??= (await readAppsWithRuns(db, repositoryId)).filter((slug) => !resolved.has(slug))
    while (!slugs.has(id)) {
      const slug = unresolved.pop()
      if (slug === undefined) slugs.set(id, null)
      else slugs.set((await readAppId(octokit, slug)) ?? -1, slug)
    }
    return slugs.get(id) ?? null
  }
}
