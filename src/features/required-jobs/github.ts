/** What a base branch requires before merge: from rulesets and classic protection, with the permissions that the app has. */
import type { RequiredJob, RulesReading } from '../../domain/required-lists.ts'
import type { Octokit, RepositoryPath } from '../../github/client.ts'

/** The name of a required job, and GitHub's id of the app that must report it; null for any app. */
interface RequiredCheck {
  name: string
  integration_id: number | null
}

const MISSING_CONTENTS =
  'Classic branch protection could not be read: grant the app Contents: read, which its manifest asks for.'
const MISSING_RULES = 'Rulesets could not be read: grant the app Metadata: read, which every app has.'

const MISSING_BRANCH =
  'Classic branch protection could not be read: GitHub does not show the branch. The list read before stays in force.'

/**
 * Reads what a branch requires: 2 calls, 1 more to cross-check with pull requests, and 1 for each app whose slug is not cached.
 * What cannot be seen is null in the reading, which is not the same as nothing.
 * @param pullRequests numbers of pull requests against the branch, for `isRequired`
 * @param slugOf resolves GitHub's id of an app to its slug; null if GitHub does not show the app
 * @throws GitHub's error, except 404 and missing permissions
 */
export async function readBranchRules(
  octokit: Octokit,
  path: RepositoryPath,
  branch: string,
  pullRequests: readonly number[],
  slugOf: (integrationId: number) => Promise<string | null>,
): Promise<RulesReading> {
  const rulesets = await readRulesets(octokit, path, branch)
  const protection = await readProtection(octokit, path, branch)
  const withApps = async (checks: RequiredCheck[]) => {
    const jobs = new Map<string, RequiredJob>()
    for (const { name, integration_id } of checks) {
      const app = integration_id === null ? null : await slugOf(integration_id)
      jobs.set(JSON.stringify([name, integration_id]), { name, app, integration_id })
    }
    return [...jobs.values()]
  }
  return {
    rules: await withApps([...rulesets.checks, ...protection.checks]),
    isComplete: rulesets.problem === null && protection.problem === null,
    onPullRequests: await readRequiredOn(octokit, path, pullRequests),
    hasPullRequests: pullRequests.length > 0,
    problem: protection.problem ?? rulesets.problem,
  }
}

/** What one source says; `problem` says why it could not be read, and then nothing is known. */
interface Source {
  checks: RequiredCheck[]
  problem: string | null
}

/** Checks that active rulesets of the repository and its organisation require. */
async function readRulesets(octokit: Octokit, path: RepositoryPath, branch: string): Promise<Source> {
  const answer = await read(() =>
    octokit.paginate('GET /repos/{owner}/{repo}/rules/branches/{branch}', { ...path, branch, per_page: 100 }),
  )
  if (answer === 'not in this plan') return { checks: [], problem: null }
  if (typeof answer === 'string') return { checks: [], problem: MISSING_RULES }
  const checks = answer.flatMap((rule) => {
    if (rule.type !== 'required_status_checks') return []
    return (rule.parameters?.required_status_checks ?? []).map((check) => ({
      name: check.context,
      integration_id: appIdOf(check.integration_id),
    }))
  })
  return { checks, problem: null }
}

/**
 * Checks that the classic protection of the branch requires. The endpoint with more details needs Administration: read, which many
 * owners do not grant.
 */
async function readProtection(octokit: Octokit, path: RepositoryPath, branch: string): Promise<Source> {
  const answer = await read(() =>
    octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', { ...path, branch }),
  )
  if (answer === 'not in this plan') return { checks: [], problem: null }
  if (answer === 'not found') return { checks: [], problem: MISSING_BRANCH }
  if (answer === 'forbidden') return { checks: [], problem: MISSING_CONTENTS }
  const { protected: isProtected, protection } = answer.data
  if (isProtected && !protection) return { checks: [], problem: MISSING_CONTENTS }
  const required = protection?.required_status_checks
  if (!required || required.enforcement_level === 'off') return { checks: [], problem: null }
  const checks = (required as { checks?: { context: string; app_id: number | null }[] }).checks
  if (checks?.length) {
    const named = checks.map(({ context, app_id }) => ({ name: context, integration_id: appIdOf(app_id) }))
    return { checks: named, problem: null }
  }
  return { checks: (required.contexts ?? []).map((name) => ({ name, integration_id: null })), problem: null }
}

/** GitHub writes -1 for any app. */
function appIdOf(id: number | null | undefined): number | null {
  return id === undefined || id === null || id < 0 ? null : id
}

type Unseen = 'not found' | 'forbidden' | 'not in this plan'

/**
 * GitHub's answer, or why there is none. Private repositories of free accounts have neither rulesets nor protection, and GitHub
 * answers 403 with "Upgrade to GitHub Pro or make this repository public" (github/branch-deploy, pull request 345).
 */
async function read<T>(request: () => Promise<T>): Promise<T | Unseen> {
  try {
    return await request()
  } catch (error) {
    const { status, message = '' } = error as { status?: number; message?: string }
    if (status === 404) return 'not found'
    if (status === 403 && /upgrade to github/i.test(message)) return 'not in this plan'
    if (status === 403 && !/rate limit|abuse/i.test(message)) return 'forbidden'
    throw error
  }
}

interface Rollup {
  state: string
  contexts: {
    pageInfo: { hasNextPage: boolean }
    nodes: { name?: string; context?: string; isRequired: boolean }[]
  }
}

interface PullRequestChecks {
  commits: { nodes: { commit: { statusCheckRollup: Rollup | null } }[] }
}

function requiredOn(number: number): string {
  return `pull${number}: pullRequest(number: ${number}) {
    commits(last: 1) { nodes { commit { statusCheckRollup { state contexts(first: 100) { pageInfo { hasNextPage } nodes {
      ... on CheckRun { __typename name isRequired(pullRequestNumber: ${number}) }
      ... on StatusContext { __typename context isRequired(pullRequestNumber: ${number}) }
    } } } } } }
  }`
}

/**
 * Names of the checks that these pull requests require; null when it is unknown, because GitHub does not answer or no pull request
 * has finished all of its checks. A check that has not reported yet is not listed, so unfinished ones prove nothing.
 */
async function readRequiredOn(
  octokit: Octokit,
  { owner, repo }: RepositoryPath,
  numbers: readonly number[],
): Promise<string[] | null> {
  if (numbers.length === 0) return null
  try {
    const answer = await octokit.graphql<{ repository: Record<string, PullRequestChecks | null> | null }>(
      `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { ${numbers.map(requiredOn).join('\n')} } }`,
      { owner, repo },
    )
    const rollups = Object.values(answer.repository ?? {}).flatMap(
      (pull) => pull?.commits.nodes[0]?.commit.statusCheckRollup ?? [],
    )
    const complete = rollups.filter(
      ({ state, contexts }) => state !== 'PENDING' && state !== 'EXPECTED' && !contexts.pageInfo.hasNextPage,
    )
    if (complete.length === 0) return null
    const required = complete.flatMap(({ contexts }) => contexts.nodes).filter(({ isRequired }) => isRequired)
    return [...new Set(required.map(({ name, context }) => name ?? context ?? ''))].filter(
      (name) => name !== '',
    )
  } catch {
    return null
  }
}

/** GitHub's id of an app, by its slug; null if the app is not public. */
export async function readAppId(octokit: Octokit, slug: string): Promise<number | null> {
  const answer = await read(() => octokit.request('GET /apps/{app_slug}', { app_slug: slug }))
  return typeof answer === 'string' ? null : (answer.data?.id ?? null)
}
