/** The daily look at what every branch requires: most installations are not told of changes. */
import type { Deps } from '../../deps.ts'
import { readRequiredJobs } from './refresh.ts'

/** Reads the required jobs of every repository that the app is on. One that fails does not stop the others. */
export async function refreshAllRequired(deps: Deps): Promise<void> {
  if (!deps.github) return
  const repositories = await deps.db
    .selectFrom('repository')
    .selectAll()
    .where('removed_at', 'is', null)
    .where('installation_id', 'is not', null)
    .orderBy('repository_id')
    .execute()
  for (const repository of repositories) {
    try {
      const octokit = await deps.github.octokitOf(repository.installation_id as number)
      const changed = await readRequiredJobs(deps.db, octokit, repository, deps.now())
      if (changed > 0)
        deps.log.info({ repository: repository.full_name, branches: changed }, 'required jobs changed')
    } catch (error) {
      deps.log.warn(
        { repository: repository.full_name, error: String(error) },
        'required jobs could not be read; they are read again tomorrow',
      )
    }
  }
}
