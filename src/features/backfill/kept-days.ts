/** How many days GitHub keeps the check runs, workflow runs and statuses of a repository. */
import type { ThrottledClient } from '../../github/throttled-client.ts'
import { refusalOf } from './page.ts'

/** The most days that github.com keeps the results of a repository (its changelog, in force since 2026-10-01). */
const MAX_PUBLIC_DAYS = 90
const MAX_PRIVATE_DAYS = 400

/**
 * Reads how many days GitHub keeps results. Since 2026-10-01 the repository's setting for artifacts and logs holds for check
 * runs, workflow runs and commit statuses too (announced in GitHub's changelog of 2026-08-27; quoted at
 * https://pypi.org/project/runkeep/). Reading the setting takes Administration: read.
 * @returns null where the setting cannot be read and no limit is published
 */
export async function readKeptDays(
  client: ThrottledClient,
  repository: { owner: string; repo: string; private: boolean },
): Promise<number | null> {
  const { owner, repo } = repository
  try {
    const { data } = await client.get(
      'GET /repos/{owner}/{repo}/actions/permissions/artifact-and-log-retention',
      { owner, repo },
    )
    return daysOf(data) ?? publishedLimit(client.baseUrl, repository)
  } catch (error) {
    if (refusalOf(error) === null) throw error
    return publishedLimit(client.baseUrl, repository)
  }
}

/** The setting, which an organisation may limit. */
function daysOf(data: unknown): number | null {
  const { days, maximum_allowed_days } = data as { days?: unknown; maximum_allowed_days?: unknown }
  const limits = [days, maximum_allowed_days].filter((value) => typeof value === 'number' && value > 0)
  return limits.length > 0 ? Math.min(...(limits as number[])) : null
}

/** The limit of github.com. The administrators of a GitHub Enterprise Server choose their own. */
export function publishedLimit(baseUrl: string, repository: { private: boolean }): number | null {
  if (!baseUrl.startsWith('https://api.github.com')) return null
  return repository.private ? MAX_PRIVATE_DAYS : MAX_PUBLIC_DAYS
}
