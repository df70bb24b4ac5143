/** Reads a repository's name and visibility from GitHub, as of GitHub's clock. */
import { saveReports } from '../../db/repository-reports.ts'
import type { RepositoryFact } from '../../domain/facts.ts'
import { iso } from '../../domain/time.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

interface Found {
  id: number | bigint
  full_name: string
  private: boolean
  default_branch?: string
}

interface Answer {
  /** Null when the app cannot see the repository. */
  found: Found | null
  /** RFC 3339: when GitHub answered. */
  at: string
}

/** Stores what GitHub says. A repository that the installation does not hold any more counts as removed. */
export async function confirmRepository(context: TaskContext): Promise<TaskResult> {
  const named = await readNamed(context)
  // A renamed repository may have left its name to another, and a deleted one to its successor.
  const { found, at } =
    Number(named.found?.id) === context.repository.repository_id ? named : await readHeld(context)
  const report = reportOf(context, found, at)
  await context.deps.db.transaction().execute((trx) => saveReports(trx, [report]))
  return { result: found ? 'confirmed' : 'no longer installed', url: null }
}

async function readNamed({ deps, octokit, path }: TaskContext): Promise<Answer> {
  try {
    const { data, headers } = await octokit.request('GET /repos/{owner}/{repo}', { ...path })
    return { found: data, at: timeOf(headers, deps.now()) }
  } catch (error) {
    if ((error as { status?: number }).status !== 404) throw error
    return { found: null, at: iso(deps.now()) }
  }
}

/** Looks for the repository by its id in the list of those that the installation holds. */
async function readHeld({ deps, octokit, repository }: TaskContext): Promise<Answer> {
  for (let page = 1; ; page++) {
    const { data, headers } = await octokit.request('GET /installation/repositories', { per_page: 100, page })
    const at = timeOf(headers, deps.now())
    const found = data.repositories.find(({ id }) => Number(id) === repository.repository_id)
    if (found || data.repositories.length === 0) return { found: found ?? null, at }
  }
}

function timeOf({ date }: { date?: string | undefined }, now: number): string {
  const at = Date.parse(date ?? '')
  return iso(Number.isNaN(at) ? now : Math.min(at, now))
}

function reportOf({ repository }: TaskContext, found: Found | null, at: string): RepositoryFact {
  const { repository_id, installation_id } = repository
  return {
    ...{ repository_id, installation_id, reported_at: at, changed_at: at },
    full_name: found?.full_name ?? repository.full_name,
    private: found?.private ?? repository.private,
    default_branch: found?.default_branch ?? repository.default_branch,
    timing: found ? 'own' : 'list',
    membership: found ? 'seen' : 'removed',
  }
}
