/**
 * Carries out `/hunt` in steps: each looks at the current run, stores its result and starts the next run. The hunt's row
 * holds everything that a step needs, so any process can do it, also after a restart.
 */
import { endOf, runOf } from '@flake-sla/hunt'
import { ActionsHunt, actionsOf, isRefusal } from '@flake-sla/hunt/actions'
import { keepHuntStep } from '../../db/hunted.ts'
import {
  endKeptHunt,
  findHuntAhead,
  findRequestedHunt,
  type HuntRow,
  minutesSince,
  readHuntRuns,
} from '../../db/hunts.ts'
import type { LeasedTask } from '../../db/outbox.ts'
import { DAY_MS, iso, MINUTE_MS } from '../../domain/time.ts'
import { messageOf } from '../../domain/user-error.ts'
import * as reruns from '../../github/reruns.ts'
import { huntRefusedText, usedUpText } from '../../texts/hunt.ts'
import type { TaskContext, TaskPending, TaskResult } from '../feature.ts'
import { answerText } from './answer.ts'
import { beginRequested } from './begin.ts'
import { type HuntContext, requestedKey, storedSettings, writeAnswer } from './context.ts'

const POLL_MS = MINUTE_MS
/** A hunt ends after two days, even if GitHub never finishes its last run. */
const MAX_AGE_MS = 2 * DAY_MS
const NEVER = new AbortController().signal

/** Begins a hunt, or does its next step. Done again, either finds what it did before. */
export async function hunt(
  context: TaskContext,
  task: LeasedTask<'hunt'>,
): Promise<TaskResult | TaskPending> {
  const { deps, octokit, repository, path } = context
  const row = await findRequestedHunt(deps.db, requestedKey(task))
  const settings = await deps.settingsOf(repository.repository_id)
  if (!row && !settings.hunt.enabled) return { result: 'only recorded: hunt.enabled is off', url: null }
  const pull = await reruns.readOpenPull(octokit, path, task.payload.number)
  if (!row) return beginRequested({ ...context, task, pull })
  if (row.ended_at !== null) return { result: 'ended before', url: null }
  return step({ ...context, task, pull }, row)
}

async function step(context: HuntContext, row: HuntRow): Promise<TaskResult | TaskPending> {
  const { deps, repository } = context
  const again = { again_at: deps.now() + POLL_MS }
  const dayAgo = iso(deps.now() - DAY_MS)
  if (await findHuntAhead(deps.db, row, dayAgo)) return again
  const stored = storedSettings(row)
  const { maxMinutes } = (await deps.settingsOf(repository.repository_id)).hunt
  const minutes = maxMinutes - (await minutesSince(deps.db, row, dayAgo))
  const actionsHunt = await resume(context, row, minutes)
  const isBeginning = stored.spent === 0 && stored.lanes.every((lane) => lane.attempt === null)
  if (isBeginning && minutes < 1) return end(context, row, actionsHunt, { body: usedUpText(maxMinutes) })
  const reason = await whyStopped(context, row)
  if (reason !== null) actionsHunt.stopStarting()
  try {
    const isOver = await actionsHunt.step()
    const isTooOld = Date.parse(row.started_at) < deps.now() - MAX_AGE_MS
    return isOver || isTooOld ? await end(context, row, actionsHunt, { reason }) : again
  } catch (error) {
    if (!isRefusal(error)) throw error
    return end(context, row, actionsHunt, { body: huntRefusedText(stored.job, messageOf(error)) })
  }
}

/** The hunt as the last step stored it, with this many minutes left. */
async function resume({ deps, octokit, repository, path }: HuntContext, row: HuntRow, minutes: number) {
  const { repository_id: repositoryId } = repository
  const settings = storedSettings(row)
  const runs = (await readHuntRuns(deps.db, row.hunt_id)).map(runOf)
  return new ActionsHunt(
    actionsOf(octokit, path, (work) => work()),
    { ...settings, minutes },
    {
      signal: NEVER,
      onChange: ({ lanes, spent, ...change }) =>
        keepHuntStep(
          deps.db,
          { huntId: row.hunt_id, repositoryId },
          { ...change, settings: { ...settings, lanes, spent } },
        ),
    },
    { runs, lanes: settings.lanes, spent: settings.spent },
  )
}

/** Why no further run is started, in words that end a sentence; null if the hunt continues. */
async function whyStopped({ deps, repository, pull }: HuntContext, row: HuntRow): Promise<string | null> {
  if (pull === null) return 'the pull request is closed'
  if (pull.headSha !== storedSettings(row).ref) return 'the pull request has a newer commit'
  if (!(await deps.settingsOf(repository.repository_id)).hunt.enabled) return 'hunts were switched off'
  return Date.parse(row.started_at) < deps.now() - DAY_MS ? 'it took longer than a day' : null
}

/**
 * Writes the outcome into the comment, then into the hunt's row.
 * @param how.reason why the hunt stopped early, in words that end a sentence; null if it did not
 * @param how.body what to write in place of the outcome
 */
async function end(
  context: HuntContext,
  row: HuntRow,
  actionsHunt: ActionsHunt,
  how: { reason: string | null } | { body: string },
): Promise<TaskResult> {
  const { deps } = context
  if ('body' in how) actionsHunt.stopStarting()
  const outcome = actionsHunt.result()
  const body = 'body' in how ? how.body : await answerText(context, row, outcome, how.reason)
  const url = await writeAnswer(context, body)
  const ended = endOf(outcome, iso(deps.now()))
  await endKeptHunt(deps.db, row.hunt_id, outcome.runs, ended)
  return { result: `hunted: ${ended.headline}`, url }
}
