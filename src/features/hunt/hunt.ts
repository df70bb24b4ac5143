/**
 * Carries out `/hunt`, a step at a time: each looks at the run that is under way, keeps what came of it, and starts the
 * next. What a step needs stands in the hunt's row, so that any process can do it, after any stop.
 */

import { answerOf, endOf, type Hunt, huntMarkdown, runOf } from '@flake-sla/hunt'
import { ActionsHunt, actionsOf, isRefusal } from '@flake-sla/hunt/actions'
import { keepHuntStep } from '../../db/hunted.ts'
import {
  endKeptHunt,
  findAskedHunt,
  findHuntAhead,
  type HuntRow,
  minutesSince,
  readHuntRuns,
} from '../../db/hunts.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { DAY_MS } from '../../domain/time.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import * as reruns from '../../github/reruns.ts'
import { huntEndedText, huntRefusedText, usedUpText } from '../../texts/hunt.ts'
import type { EffectPending, EffectResult } from '../feature.ts'
import { beginAsked } from './begin.ts'
import { type HuntCommand, type HuntRequest, type KeptSettings, requestedKey, say } from './context.ts'

const POLL_MS = 60_000
const NEVER = new AbortController().signal

/** Begins a hunt, or goes on with it. Doing any of it again finds what is there already. */
export async function huntJob(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult | EffectPending> {
  const asked = effect.detail as unknown as HuntRequest
  const path = pathOf(repository.full_name)
  const hunt = await findAskedHunt(deps.db, requestedKey(effect))
  const settings = await deps.settingsOf(repository.repository_id)
  if (!hunt && !settings.hunt.enabled) return { result: 'only recorded: hunt.enabled is off', url: null }
  const pull = await reruns.readOpenPull(octokit, path, asked.number)
  const command: HuntCommand = { deps, octokit, repository, path, effect, asked, pull }
  if (!hunt) return beginAsked(command)
  if (hunt.ended_at !== null) return { result: 'ended before', url: null }
  return goOn(command, hunt)
}

async function goOn(command: HuntCommand, row: HuntRow): Promise<EffectResult | EffectPending> {
  const { deps, repository } = command
  const again = { again_at: deps.now() + POLL_MS }
  const dayAgo = new Date(deps.now() - DAY_MS).toISOString()
  if (await findHuntAhead(deps.db, row, dayAgo)) return again
  const kept = row.settings as unknown as KeptSettings
  const { maxMinutes } = (await deps.settingsOf(repository.repository_id)).hunt
  const minutes = maxMinutes - (await minutesSince(deps.db, row, dayAgo))
  if (kept.spent === 0 && minutes < 1 && kept.lanes.every((lane) => lane.attempt === null))
    return end(command, row, await takeUp(command, row, minutes), { instead: usedUpText(maxMinutes) })
  const hunt = await takeUp(command, row, minutes)
  const brokenOff = await whyBrokenOff(command, row, kept)
  if (brokenOff !== null) hunt.breakOff()
  try {
    const isOver = await hunt.step()
    const isTooOld = Date.parse(row.started_at) < deps.now() - 2 * DAY_MS
    return isOver || isTooOld ? await end(command, row, hunt, { brokenOff }) : again
  } catch (error) {
    if (!isRefusal(error)) throw error
    // Without the address of the documentation that Octokit adds.
    const message = (error as Error).message.split(' - https://')[0] ?? ''
    return end(command, row, hunt, { instead: huntRefusedText(kept.job, message) })
  }
}

/** The hunt as it was put down. */
async function takeUp({ deps, octokit, repository, path }: HuntCommand, row: HuntRow, minutes: number) {
  const { repository_id: repositoryId } = repository
  const settings = row.settings as unknown as KeptSettings
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

/** Why nothing more is started, in words that end a sentence; null to go on. */
async function whyBrokenOff(
  { deps, repository, pull }: HuntCommand,
  row: HuntRow,
  { ref }: KeptSettings,
): Promise<string | null> {
  if (pull === null) return 'the pull request is closed'
  if (pull.headSha !== ref) return 'the pull request has a newer commit'
  if (!(await deps.settingsOf(repository.repository_id)).hunt.enabled) return 'hunts were switched off'
  return Date.parse(row.started_at) < deps.now() - DAY_MS ? 'it took longer than a day' : null
}

/** Writes what came out into the comment that was written at the beginning, and then into the hunt's row. */
async function end(
  command: HuntCommand,
  row: HuntRow,
  hunt: ActionsHunt,
  how: { brokenOff?: string | null; instead?: string },
): Promise<EffectResult> {
  const { deps } = command
  if (how.instead !== undefined) hunt.breakOff()
  const hunted = hunt.result()
  const body = how.instead ?? (await endedText(command, row, hunted, how.brokenOff ?? null))
  const url = await say(command, body)
  const ended = endOf(hunted, new Date(deps.now()).toISOString())
  await endKeptHunt(deps.db, row.hunt_id, hunted.runs, ended)
  return { result: `hunted: ${ended.headline}`, url }
}

/** The answer, from what came out so far. @param brokenOff why it did not go on, in words that end a sentence */
export async function endedText(
  { deps, repository }: Pick<HuntCommand, 'deps' | 'repository'>,
  { settings }: HuntRow,
  hunted: Hunt,
  brokenOff: string | null,
): Promise<string> {
  const { job, ref: headSha, asked_by: askedBy } = settings as unknown as KeptSettings
  const newest = hunted.runs.at(-1)
  return huntEndedText(
    { job, headSha, askedBy },
    {
      answer: huntMarkdown(answerOf(hunted)),
      brokenOff,
      isRed: newest !== undefined && newest.outcome !== 'passed',
      page: await pageOf(deps, repository, job),
    },
  )
}

/** Hunts are shown with every job of the name. */
async function pageOf(
  { db, publicUrl }: Deps,
  { repository_id, full_name }: Row<'repository'>,
  job: string,
): Promise<string | null> {
  if (publicUrl === null) return null
  const row = await db
    .selectFrom('job')
    .select('job_id')
    .where('repository_id', '=', repository_id)
    .where('name', '=', job)
    .orderBy('job_id')
    .executeTakeFirst()
  return row ? `${publicUrl}/${full_name}/jobs/${row.job_id}` : null
}
