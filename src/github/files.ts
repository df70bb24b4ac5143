/** Reads files of a repository. */
import type { Octokit, RepositoryPath } from './client.ts'

/** The text of a file, on the default branch unless a ref is given; null when it does not exist or cannot be read. */
export async function readTextFile(
  octokit: Octokit,
  at: RepositoryPath,
  path: string,
  ref?: string,
): Promise<string | null> {
  try {
    const { data } = await octokit.rest.repos.getContent({
      ...at,
      path,
      ...(ref !== undefined && { ref }),
      mediaType: { format: 'raw' },
    })
    return typeof data === 'string' ? data : null
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null
    throw error
  }
}

/** Whether a pull request changes, adds, removes or renames the file. */
export async function touchesFile(
  octokit: Octokit,
  on: RepositoryPath & { pull_number: number },
  path: string,
): Promise<boolean> {
  const pages = octokit.paginate.iterator(octokit.rest.pulls.listFiles, { ...on, per_page: 100 })
  for await (const { data } of pages) {
    if (data.some((file) => file.filename === path || file.previous_filename === path)) return true
  }
  return false
}
