/** Reads the history of repositories that the app was installed on, and resumes backfills that were interrupted. */
import { readBackfill } from '../../db/backfill.ts'
import { readRepositoriesToBackfill } from '../../db/repositories.ts'
import type { Db, Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS, iso } from '../../domain/time.ts'
import type { Octokit } from '../../github/client.ts'
import { createThrottledClient } from '../../github/throttled-client.ts'
import type { TimerProcess } from '../feature.ts'
import { readHistory, readRepository } from './read.ts'

const FIRST_DAYS = 90
/** API calls an hour that the backfill leaves for reports and issues. */
const RESERVE = 500

/** Reads which jobs a repository requires, as of a time (epoch ms). */
export type ReadRequiredJobs = (
  db: Db,
  octokit: Octokit,
  repository: Pick<Row<'repository'>, 'repository_id' | 'full_name'>,
  since: number,
) => Promise<unknown>

export interface BackfillOptions extends TimerProcess {
  readRequiredJobs: ReadRequiredJobs
}

/** Reads every history that is not complete, one repository after the other; several processes share the pages. */
export async function readAllHistory(deps: Deps, options: BackfillOptions): Promise<void> {
  for (const repository of await readRepositoriesToBackfill(deps.db)) {
    if (options.signal.aborted) return
    try {
      await readRepositoryHistory(deps, repository, options)
    } catch (err) {
      if (options.signal.aborted) return
      const { full_name } = repository
      deps.log.warn({ repository: full_name, err }, 'history could not be read; the backfill resumes later')
    }
  }
}

async function readRepositoryHistory(
  { db, github, now, log }: Deps,
  { repository_id, full_name, installation_id }: Row<'repository'>,
  { alone, signal, readRequiredJobs }: BackfillOptions,
): Promise<void> {
  if (!github || installation_id === null) return
  const octokit = await github.octokitOf(installation_id)
  const client = createThrottledClient(octokit, { reserve: RESERVE, signal })
  const repository = await readRepository(client, full_name)
  const begun = await readBackfill(db, repository_id)
  const since = begun ? Date.parse(begun.wanted_since) : now() - FIRST_DAYS * DAY_MS
  log.info({ repository: full_name, since: iso(since) }, 'backfill starts or resumes')
  const isRead = await readHistory(db, client, repository, { since, now, alone, signal })
  if (!isRead) return
  await readRequiredJobs(db, octokit, { repository_id, full_name: repository.full_name }, now())
  const calls = Object.fromEntries(client.calls)
  log.info({ repository: full_name, calls }, 'backfill finished')
}
