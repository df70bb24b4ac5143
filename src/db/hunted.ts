/** Attempts of workflow runs that hunts requested. They are stored before the request, so that their results never count. */
import { sql } from 'kysely'
import type { HuntedAttempt } from '../domain/hunted.ts'
import { addEnvironment, addHuntRuns, keepSettings } from './hunts.ts'
import type { Db, NewRow } from './schema.ts'
import { markHead } from './stale.ts'

type AttemptKey = Pick<HuntedAttempt, 'repository_id' | 'head_sha' | 'run_id' | 'attempt'>

/** The changes of one step of a hunt on GitHub Actions. */
export interface HuntStep {
  settings: Record<string, unknown>
  run: Omit<NewRow<'hunt_run'>, 'hunt_id'> | null
  /** What was learned about its environment. */
  environment: Record<string, string> | null
  /** An attempt that is planned, has ended or was withdrawn. */
  mark: (Omit<HuntedAttempt, 'repository_id'> & { withdrawn: boolean }) | null
}

/**
 * Stores a step in one transaction, so that no restart counts a run twice or leaves its results unmarked.
 * @param repositoryId null if the app does not know the repository: then no results need to be left out
 */
export async function keepHuntStep(
  db: Db,
  { huntId, repositoryId }: { huntId: number; repositoryId: number | null },
  { settings, run, environment, mark }: HuntStep,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await keepSettings(trx, huntId, settings)
    if (run !== null) await addHuntRuns(trx, huntId, [run])
    if (environment !== null) await addEnvironment(trx, huntId, environment)
    if (mark === null || repositoryId === null) return
    const { withdrawn, ...attempt } = { ...mark, repository_id: repositoryId }
    await (withdrawn ? unmarkHunted(trx, attempt) : markHunted(trx, attempt))
  })
}

/** Stores an attempt or its end; what was derived about its commit is derived again. */
async function markHunted(trx: Db, attempt: HuntedAttempt): Promise<void> {
  const { after_at, until_at } = attempt
  await trx
    .insertInto('hunted_attempt')
    .values(attempt)
    .onConflict((conflict) =>
      conflict
        .columns(['repository_id', 'head_sha', 'run_id', 'attempt'])
        .doUpdateSet({ after_at, until_at }),
    )
    .execute()
  await markStale(trx, attempt)
}

/** Deletes the mark of an attempt that GitHub did not start. */
async function unmarkHunted(trx: Db, attempt: AttemptKey): Promise<void> {
  const { repository_id, head_sha, run_id } = attempt
  await sql`delete from hunted_attempt where repository_id = ${repository_id} and head_sha = ${head_sha}
    and run_id = ${run_id} and attempt = ${attempt.attempt}`.execute(trx)
  await markStale(trx, attempt)
}

async function markStale(
  trx: Db,
  { repository_id, head_sha }: Pick<HuntedAttempt, 'repository_id' | 'head_sha'>,
): Promise<void> {
  await markHead(trx, repository_id, head_sha)
}
