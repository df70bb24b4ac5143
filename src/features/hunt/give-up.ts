/** Ends a `/hunt` whose task was given up. An open hunt would hold up later ones for a day and look active indefinitely. */
import { endOf, type Hunt, runOf } from '@flake-sla/hunt'
import { markOf, resultSoFar } from '@flake-sla/hunt/actions'
import { keepHuntStep } from '../../db/hunted.ts'
import { endKeptHunt, findRequestedHunt, type HuntRow, readHuntRuns } from '../../db/hunts.ts'
import type { LeasedTask } from '../../db/outbox.ts'
import type { Deps } from '../../deps.ts'
import { iso } from '../../domain/time.ts'
import { isUserError, messageOf } from '../../domain/user-error.ts'
import { huntGivenUpReason } from '../../texts/hunt.ts'
import { contextOf } from '../feature.ts'
import { answerText } from './answer.ts'
import { requestedKey, storedSettings, writeAnswer } from './context.ts'

type HuntTask = LeasedTask<'hunt'>

/** Stores the runs so far as the hunt's outcome and tries once to write it on the pull request. */
export async function giveUpHunt(deps: Deps, task: HuntTask, error: unknown): Promise<void> {
  const row = await findRequestedHunt(deps.db, requestedKey(task))
  if (!row || row.ended_at !== null) return
  await unmarkUnconfirmed(deps, row, task.repository_id)
  const runs = (await readHuntRuns(deps.db, row.hunt_id)).map(runOf)
  const outcome = resultSoFar(storedSettings(row), runs)
  await endKeptHunt(deps.db, row.hunt_id, outcome.runs, endOf(outcome, iso(deps.now())))
  await report(deps, task, { row, outcome, error }).catch((err: unknown) =>
    deps.log.warn({ task_key: task.task_key, err }, 'the end of a hunt could not be reported'),
  )
}

/** Removes the marks of attempts that GitHub may never have started: they would exclude people's own later runs. */
async function unmarkUnconfirmed({ db }: Deps, row: HuntRow, repositoryId: number): Promise<void> {
  const settings = storedSettings(row)
  for (const lane of settings.lanes) {
    if (lane.attempt === null || lane.requested) continue
    const mark = markOf(lane, lane.attempt, { withdrawn: true })
    lane.attempt = null
    const step = { settings: { ...settings }, mark, run: null, environment: null }
    await keepHuntStep(db, { huntId: row.hunt_id, repositoryId }, step)
  }
}

async function report(
  deps: Deps,
  task: HuntTask,
  { row, outcome, error }: { row: HuntRow; outcome: Hunt; error: unknown },
): Promise<void> {
  const context = await contextOf(deps, task.repository_id)
  if (!context) return
  const reason = huntGivenUpReason(task.attempts, publicMessage(error))
  await writeAnswer({ ...context, task, pull: null }, await answerText(context, row, outcome, reason))
}

/** The message of an error from GitHub or for users; null for others, which may reveal details of the machine. */
function publicMessage(error: unknown): string | null {
  const isPublic = isUserError(error) || (error instanceof Error && 'status' in error)
  return isPublic ? messageOf(error) : null
}
