/** Closes the days, weeks and months that have ended in each repository's time zone. */
import { readRepositories } from '../../db/repositories.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { deriveRepository } from '../../derive/derive.ts'
import { closeWindows } from '../../derive/measure.ts'
import type { Settings } from '../../domain/settings.ts'

/** What a feature requests for a repository once its windows are closed. */
export type AfterClosing = (deps: Deps, repositoryId: number, settings: Settings) => Promise<void>

/**
 * Closes what has ended and calls `after` for each repository. It only depends on what is stored, so it may run at any
 * time, twice, in several processes, or after days of downtime.
 */
export async function closeAllWindows(deps: Deps, after: readonly AfterClosing[]): Promise<void> {
  for (const repository of await readRepositories(deps.db)) {
    try {
      await closeRepository(deps, repository, after)
    } catch (err) {
      deps.log.error({ repository: repository.full_name, err }, 'windows could not be closed')
    }
  }
}

async function closeRepository(
  deps: Deps,
  { repository_id, full_name }: Row<'repository'>,
  after: readonly AfterClosing[],
): Promise<void> {
  const { db, settingsOf } = deps
  const now = deps.now()
  const settings = await settingsOf(repository_id)
  await deriveRepository(db, repository_id, { settingsOf, now })
  for (const { kind, start, breached, prs } of await closeWindows(db, repository_id, settings, now))
    deps.log.info({ repository: full_name, kind, start, breached, prs }, 'window closed')
  for (const request of after) await request(deps, repository_id, settings)
}
