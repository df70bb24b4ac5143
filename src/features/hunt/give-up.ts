/** Ends a `/hunt` that was given up: it would hold up the hunts after it for a day, and be shown as under way for ever. */

import { endOf, type Hunt, runOf } from '@flake-sla/hunt'
import { markOf, resultSoFar } from '@flake-sla/hunt/actions'
import { keepHuntStep } from '../../db/hunted.ts'
import { endKeptHunt, findAskedHunt, type HuntRow, readHuntRuns } from '../../db/hunts.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { isUserError } from '../../domain/user-error.ts'
import { pathOf } from '../../github/client.ts'
import { huntGivenUpReason } from '../../texts/hunt.ts'
import { type HuntRequest, type KeptSettings, requestedKey, say } from './context.ts'
import { endedText } from './hunt.ts'

/** Keeps what is known, and tells it where the hunt was asked for, if GitHub takes it this once. */
export async function endGivenUpHunt(deps: Deps, effect: Row<'outbox'>, error: unknown): Promise<void> {
  const row = await findAskedHunt(deps.db, requestedKey(effect))
  if (!row || row.ended_at !== null) return
  await takeBackUnasked(deps, row, effect.repository_id)
  const runs = (await readHuntRuns(deps.db, row.hunt_id)).map(runOf)
  const hunt = resultSoFar(row.settings as unknown as KeptSettings, runs)
  const ended = endOf(hunt, new Date(deps.now()).toISOString())
  await endKeptHunt(deps.db, row.hunt_id, hunt.runs, ended)
  await tell(deps, effect, { row, hunt, error }).catch((reason) =>
    deps.log.warn(
      { task_key: effect.task_key, error: String(reason) },
      'nobody could be told that a hunt was given up',
    ),
  )
}

/** What GitHub is not known to have taken will not come: its mark would swallow what people run next. */
async function takeBackUnasked(
  { db }: Deps,
  { hunt_id: huntId, settings }: HuntRow,
  repositoryId: number,
): Promise<void> {
  const kept = settings as unknown as KeptSettings
  for (const lane of kept.lanes) {
    if (lane.attempt === null || lane.asked) continue
    const mark = markOf(lane, lane.attempt, { taken_back: true })
    lane.attempt = null
    await keepHuntStep(db, { huntId, repositoryId }, { settings, mark, run: null, environment: null })
  }
}

async function tell(
  deps: Deps,
  effect: Row<'outbox'>,
  { row, hunt, error }: { row: HuntRow; hunt: Hunt; error: unknown },
): Promise<void> {
  const repository = await deps.db
    .selectFrom('repository')
    .selectAll()
    .where('repository_id', '=', effect.repository_id)
    .executeTakeFirst()
  if (!deps.github || !repository?.installation_id || repository.removed_at) return
  const octokit = await deps.github.octokitOf(repository.installation_id)
  const path = pathOf(repository.full_name)
  const asked = effect.detail as unknown as HuntRequest
  const reason = huntGivenUpReason(effect.attempts, publicMessage(error))
  const body = await endedText({ deps, repository }, row, hunt, reason)
  await say({ deps, octokit, repository, path, effect, asked, pull: null }, body)
}

/** What GitHub or we say to users; anything else may tell of the machine, which the log is for. */
function publicMessage(error: unknown): string | null {
  const isPublic = isUserError(error) || (error instanceof Error && 'status' in error)
  return isPublic ? (error.message.split(' - https://')[0] ?? '') : null
}
