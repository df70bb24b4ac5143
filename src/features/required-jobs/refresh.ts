/** Keeps the lists of required jobs: asks GitHub what each base branch requires now, and stores what changed. */

import {
  addRequiredList,
  readBaseBranches,
  readNewestPullRequest,
  readRequirements,
} from '../../db/required.ts'
import type { Db, Row } from '../../db/schema.ts'
import { DAY_MS } from '../../domain/time.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import { readAppId, readBranchRules } from './github.ts'

const MAX_BRANCHES = 30
const BRANCH_DAYS = 30

/**
 * Reads what the base branches of the last 30 days require: some 3 calls a branch, 30 branches at most.
 * @param since from when a change is to hold (epoch ms): the time at which it was announced, or seen
 * @returns how many lists are new or changed
 */
export async function readRequiredJobs(
  db: Db,
  octokit: Octokit,
  repository: Pick<Row<'repository'>, 'repository_id' | 'full_name'>,
  since: number,
): Promise<number> {
  const { repository_id, full_name } = repository
  const from = new Date(since - BRANCH_DAYS * DAY_MS).toISOString()
  const slugOf = await slugResolver(db, octokit, repository_id)
  let changed = 0
  for (const branch of await readBaseBranches(db, repository_id, from, MAX_BRANCHES)) {
    const number = await readNewestPullRequest(db, repository_id, branch)
    const rules = await readBranchRules(octokit, pathOf(full_name), branch, number, slugOf)
    const list = { base_ref: branch, valid_from: new Date(since).toISOString(), ...rules }
    if (await addRequiredList(db, repository_id, list)) changed++
  }
  return changed
}

/** Finds the slug of an app's id: from earlier lists, else by asking about the apps whose runs were seen here. */
async function slugResolver(db: Db, octokit: Octokit, repositoryId: number) {
  const slugs = new Map<number, string | null>()
  const { jobs, lists } = await readRequirements(db, repositoryId)
  for (const list of lists) {
    for (const { integration_id, app } of list.jobs)
      if (integration_id !== null && app) slugs.set(integration_id, app)
  }
  const automatic = [...new Set(jobs.map((job) => job.app))].filter(
    (slug) => slug !== '' && ![...slugs.values()].includes(slug),
  )
  return async (id: number): Promise<string | null> => {
    while (!slugs.has(id)) {
      const slug = automatic.pop()
      if (slug === undefined) slugs.set(id, null)
      else slugs.set((await readAppId(octokit, slug)) ?? -1, slug)
    }
    return slugs.get(id) ?? null
  }
}
