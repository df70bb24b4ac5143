/** What a base branch requires before merge: from rulesets and classic protection, with the permissions that the app has. */
import type { RequiredJob } from '../../domain/required-lists.ts'
import type { Octokit, RepositoryPath } from '../../github/client.ts'

/** The required jobs of a branch, as GitHub shows them. */
export interface BranchRules {
  jobs: RequiredJob[]
  /** What could not be read and which permission it needs; null if everything could be read. */
  problem: string | null
}

/** The name of a required job, and GitHub's id of the app that must report it; null for any app. */
interface RequiredCheck {
  name: string
  integration_id: number | null
}

const MISSING_CONTENTS =
  'Classic branch protection could not be read: grant the app Contents: read, which its manifest asks for.'
const MISSING_RULES = 'Rulesets could not be read: grant the app Metadata: read, which every app has.'

/**
 * Reads the required jobs of a branch: 2 calls, 1 more to cross-check with a pull request, and 1 for each app whose slug is
 * not cached.
 * @param pullRequest number of a pull request against the branch, for `isRequired`; null if there is none
 * @param slugOf resolves GitHub's id of an app to its slug; null if GitHub does not show the app
 * @throws GitHub's error, except 404 and missing permissions
 */
export async function readBranchRules(
  octokit: Octokit,
  path: RepositoryPath,
  branch: string,
  pullRequest: number | null,
  slugOf: (integrationId: number) => Promise<string | null>,
): Promise<BranchRules> {
  const fromRulesets = await readRulesets(octokit, path, branch)
  const fromProtection = await readProtection(octokit, path, branch)
  const checks = [...(fromRulesets ?? []), ...(fromProtection ?? [])]
  if (pullRequest !== null) checks.push(...(await readUnlisted(octokit, path, pullRequest, checks)))
  const jobs = new Map<string, RequiredJob>()
  for (const { name, integration_id } of checks) {
    const app = integration_id === null ? null : await slugOf(integration_id)
    jobs.set(JSON.stringify([name, integration_id]), { name, app, integration_id })
  }
  const problem = fromProtection === null ? MISSING_CONTENTS : fromRulesets === null ? MISSING_RULES : null
  return { jobs: [...jobs.values()], problem }
}

/** Checks that active rulesets of the repository and its organisation require; null without permission. */
async function readRulesets(
  octokit: Octokit,
  path: RepositoryPath,
  branch: string,
): Promise<RequiredCheck[] | null> {
  const rules = await nullIfForbidden(() =>
    octokit.paginate('GET /repos/{owner}/{repo}/rules/branches/{branch}', { ...path, branch, per_page: 100 }),
  )
  if (!rules) return rules === undefined ? [] : null
  return rules.flatMap((rule) => {
    if (rule.type !== 'required_status_checks') return []
    return (rule.parameters?.required_status_checks ?? []).map((check) => ({
      name: check.context,
      integration_id: appIdOf(check.integration_id),
    }))
  })
}

/**
 * Checks that the classic protection of the branch requires; null without permission. The endpoint with more details needs
 * Administration: read, which many owners do not grant.
 */
async function readProtection(
  octokit: Octokit,
  path: RepositoryPath,
  branch: string,
): Promise<RequiredCheck[] | null> {
  const answer = await nullIfForbidden(() =>
    octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', { ...path, branch }),
  )
  if (!answer) return answer === undefined ? [] : null
  const required = answer.data.protection?.required_status_checks
  if (!required || required.enforcement_level === 'off') return []
  const checks = (required as { checks?: { context: string; app_id: number | null }[] }).checks
  if (checks?.length)
    return checks.map(({ context, app_id }) => ({ name: context, integration_id: appIdOf(app_id) }))
  return (required.contexts ?? []).map((name) => ({ name, integration_id: null }))
}

/** GitHub writes -1 for any app. */
function appIdOf(id: number | null | undefined): number | null {
  return id === undefined || id === null || id < 0 ? null : id
}

/** @returns undefined if GitHub answers 404, null if a permission is missing */
async function nullIfForbidden<T>(request: () => Promise<T>): Promise<T | null | undefined> {
  try {
    return await request()
  } catch (error) {
    const { status, message = '' } = error as { status?: number; message?: string }
    if (status === 404) return undefined
    if (status === 403 && !/rate limit|abuse/i.test(message)) return null
    throw error
  }
}

const IS_REQUIRED = `query($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      commits(last: 1) { nodes { commit { statusCheckRollup { contexts(first: 100) { nodes {
        ... on CheckRun { __typename name isRequired(pullRequestNumber: $number) }
        ... on StatusContext { __typename context isRequired(pullRequestNumber: $number) }
      } } } } } }
    }
  }
}`

interface IsRequired {
  repository: {
    pullRequest: {
      commits: {
        nodes: {
          commit: {
            statusCheckRollup: {
              contexts: { nodes: { name?: string; context?: string; isRequired: boolean }[] }
            } | null
          }
        }[]
      }
    } | null
  } | null
}

/** Checks that a pull request requires and `listed` lacks. It is only a cross-check, so errors are ignored. */
async function readUnlisted(
  octokit: Octokit,
  { owner, repo }: RepositoryPath,
  number: number,
  listed: readonly RequiredCheck[],
): Promise<RequiredCheck[]> {
  try {
    const answer = await octokit.graphql<IsRequired>(IS_REQUIRED, { owner, repo, number })
    const commit = answer.repository?.pullRequest?.commits.nodes[0]?.commit
    const names = new Set(
      (commit?.statusCheckRollup?.contexts.nodes ?? [])
        .filter(({ isRequired }) => isRequired)
        .map(({ name, context }) => name ?? context ?? ''),
    )
    for (const { name } of listed) names.delete(name)
    return [...names].filter((name) => name !== '').map((name) => ({ name, integration_id: null }))
  } catch {
    return []
  }
}

/** GitHub's id of an app, by its slug; null if the app is not public. */
export async function readAppId(octokit: Octokit, slug: string): Promise<number | null> {
  const answer = await nullIfForbidden(() => octokit.request('GET /apps/{app_slug}', { app_slug: slug }))
  return answer?.data?.id ?? null
}
