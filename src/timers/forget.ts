/** Removes what is known of repositories that the app was taken off, 30 days after that. */
import { forgetRepository, readRemoved } from '../db/removal.ts'
import type { Deps } from '../deps.ts'

export const KEPT_DAYS = 30
const DAY = 86_400_000

/** Driven by what is stored: safe to run at any time and twice. */
export async function forgetRemoved({ db, now, log }: Pick<Deps, 'db' | 'now' | 'log'>): Promise<void> {
  const before = new Date(now() - KEPT_DAYS * DAY).toISOString()
  for (const { repository_id, full_name } of await readRemoved(db, before)) {
    const rows = await forgetRepository(db, repository_id)
    log.info({ repository: full_name, rows }, 'everything about a removed repository is deleted')
  }
}
