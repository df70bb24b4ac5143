/** What a base branch requires before merge: from rulesets and classic protection, with the rights that people grant. */
import type { RequiredJob } from '../../domain/required.ts'
import type { Octokit, RepositoryPath } from '../../github/client.ts'

/** What GitHub says that a branch requires. */
export interface BranchRules {
  jobs: RequiredJob[]
  /** What could not be read, and what to grant; null where all could. */
  problem: string | null
}

/** A name of a job and GitHub's id of the app that has to report it. */
interface Named {
  name: string
  integration_id: number | null
}

const MISSING_CONTENTS =
  'Classic branch protection could not be read: grant the app Contents: read, which its manifest asks for.'
const MISSING_RULES = 'Rulesets could not be read: grant the app Metadata: read, which every app has.'

/**
 * Reads the required jobs of a branch; 2 calls, 1 more to cross-check by a pull request, and 1 for each app not met before.
 * @param pullRequest a pull request against the branch, for `isRequired`; null where there is none
 * @param slugOf resolves GitHub's id of an app to its slug; null where it cannot be known
 * @throws what GitHub answered, except 404 and refusals
 */
export async function readBranchRules(
  octokit: Octokit,
  path: RepositoryPath,
  branch: string,
  pullRequest: number | null,
  slugOf: (integrationId: number) => Promise<string | null>,
): Promise<BranchRules> {
  const rules = await ofRulesets(octokit, path, branch)
  const classic = await ofProtection(octokit, path, branch)
  const named = [...(rules ?? []), ...(classic ?? [])]
  if (pullRequest !== null) named.push(...(await missedBy(octokit, path, pullRequest, named)))
  const jobs = new Map<string, RequiredJob>()
  for (const { name, integration_id } of named) {
    const app = integration_id === null ? null : await slugOf(integration_id)
    jobs.set(JSON.stringify([name, integration_id]), { name, app, integration_id })
  }
  const problem = classic === null ? MISSING_CONTENTS : rules === null ? MISSING_RULES : null
  return { jobs: [...jobs.values()], problem }
}

/** Required by active rulesets of the repository and its organisation; null where GitHub refuses the request. */
async function ofRulesets(octokit: Octokit, path: RepositoryPath, branch: string): Promise<Named[] | null> {
  const rules = await allowed(() =>
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

/** Required by the classic protection of the branch. The endpoint with more details needs the permission administration. */
async function ofProtection(octokit: Octokit, path: RepositoryPath, branch: string): Promise<Named[] | null> {
  const answer = await allowed(() =>
    octokit.request('GET /repos/{owner}/{repo}/branches/{branch}', { ...path, branch }),
  )
  if (!answer) return answer === undefined ? [] : null
  const required = answer.data.protection?.required_status_checks
  if (!required || required.enforcement_level === 'off') return []
  const checks = (required as { checks?: { context: string; app_id: number | null }[] }).checks
  if (checks?.length)
    return checks.map((check) => ({ name: check.context, integration_id: appIdOf(check.app_id) }))
  return (required.contexts ?? []).map((name) => ({ name, integration_id: null }))
}

/** -1 is GitHub's way to say any app. */
function appIdOf(id: number | null | undefined): number | null {
  return id === undefined || id === null || id < 0 ? null : id
}

/** @returns undefined where there is no such thing, null where GitHub does not let us see it */
async function allowed<T>(ask: () => Promise<T>): Promise<T | null | undefined> {
  try {
    return await ask()
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

/** Required jobs of a pull request that neither list named; a cross-check only, so a failed request does no harm. */
async function missedBy(
  octokit: Octokit,
  { owner, repo }: RepositoryPath,
  number: number,
  listed: readonly Named[],
): Promise<Named[]> {
  try {
    const answer = await octokit.graphql<IsRequired>(IS_REQUIRED, { owner, repo, number })
    const commit = answer.repository?.pullRequest?.commits.nodes[0]?.commit
    const names = new Set(
      (commit?.statusCheckRollup?.contexts.nodes ?? [])
        .filter((check) => check.isRequired)
        .map((check) => check.name ?? check.context ?? ''),
    )
    for (const { name } of listed) names.delete(name)
    return [...names].filter((name) => name !== '').map((name) => ({ name, integration_id: null }))
  } catch {
    return []
  }
}

/** GitHub's id of an app, by its slug; null where the app is not public. */
export async function readAppId(octokit: Octokit, slug: string): Promise<number | null> {
  const answer = await allowed(() => octokit.request('GET /apps/{app_slug}', { app_slug: slug }))
  return answer?.data?.id ?? null
}
