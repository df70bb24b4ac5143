/** The work of `scan`: reads a repository over the API into a database and derives every figure. */
import { readBackfill } from '../db/backfill.ts'
import type { OpenDatabase } from '../db/client.ts'
import { saveRepository } from '../db/repositories.ts'
import { deriveRepository } from '../derive/derive.ts'
import { closeWindows } from '../derive/measure.ts'
import { DAY_MS, MINUTE_MS } from '../domain/time.ts'
import type { ReadRepository } from '../features/backfill/page.ts'
import { readHistory, readRepository } from '../features/backfill/read.ts'
import { readRequiredJobs } from '../features/required-jobs/refresh.ts'
import type { Octokit } from '../github/client.ts'
import { createThrottledClient, type ThrottledClient } from '../github/throttled-client.ts'
import { readStoredSettings } from '../settings/stored.ts'
import type { ProgressBar } from './backfill-progress.ts'

const RESUMED_MS = 10 * MINUTE_MS

export interface ScanWork {
  /** How far back. */
  days: number
  /** Epoch ms. */
  now: () => number
  signal: AbortSignal
  progressOf: (repository: string, client: ThrottledClient) => ProgressBar
}

export interface Scanned {
  repository: ReadRepository
  /** Why the required jobs could not be read, so that every job counts; null if they could. */
  problem: string | null
}

/**
 * Reads the history of a repository, resuming what was interrupted, and derives the figures.
 * @param octokitOf a new client for each use, because throttling changes a client
 * @throws what GitHub answered when the repository cannot be read, or when reading is aborted
 */
export async function scanRepository(
  { db, embedded }: OpenDatabase,
  octokitOf: () => Octokit,
  name: string,
  { days, now, signal, progressOf }: ScanWork,
): Promise<Scanned> {
  const client = createThrottledClient(octokitOf(), { reserve: 0, signal })
  const at = now()
  const repository = await readRepository(client, name)
  const progress = progressOf(repository.full_name, client)
  const reads = { since: at - days * DAY_MS, now, alone: embedded, signal, onProgress: progress.show }
  await readHistory(db, client, repository, reads).finally(progress.end)
  const read = await readBackfill(db, repository.id)
  // What was interrupted long ago ends at that time: what happened since is read next.
  if (read && Date.parse(read.started_at) < at - RESUMED_MS) await readHistory(db, client, repository, reads)
  await saveRepository(db, rowOf(repository, at))
  const problem = await refreshRequiredJobs(db, client.throttle(octokitOf()), repository, at)
  const settings = await readStoredSettings(db, repository.id)
  await deriveRepository(db, repository.id, { settingsOf: async () => settings, now: at })
  await closeWindows(db, repository.id, settings, at)
  return { repository, problem }
}

/** @returns GitHub's reason if the required jobs cannot be read */
async function refreshRequiredJobs(
  db: OpenDatabase['db'],
  octokit: Octokit,
  { id: repository_id, full_name }: ReadRepository,
  now: number,
): Promise<string | null> {
  try {
    await readRequiredJobs(db, octokit, { repository_id, full_name }, now)
    return null
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? ''
  }
}

/** The row of a repository, which does not exist before its first result. */
function rowOf({ id, full_name, private: isPrivate, default_branch }: ReadRepository, at: number) {
  return {
    ...{ repository_id: id, full_name, private: isPrivate, default_branch },
    ...{ installation_id: null, reported_at: new Date(at).toISOString(), removed_at: null },
  }
}
