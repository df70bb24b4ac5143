/** Takes a correction of verdicts (`/flake mine|not-mine|reset`) from those who may write to the repository. */
import { addCorrection, readCorrected } from '../../db/corrections.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { deriveRepository } from '../../derive/derive.ts'
import type { CorrectionFact } from '../../domain/correction.ts'
import { type Octokit, pathOf, type RepositoryPath } from '../../github/client.ts'
import { marker, react, writeComment } from '../../github/comments.ts'
import { correctionText, refusalText } from '../../texts/correction.ts'
import type { EffectResult } from '../feature.ts'

interface CorrectionRequest extends Pick<CorrectionFact, 'says' | 'job' | 'reason' | 'number' | 'author'> {
  /** Set when the command could not be used: what to write instead. */
  problem?: string
  comment_key: string
  comment_id: number
  comment_kind: string
  asked_at: string
}

const MAY_CORRECT = ['admin', 'maintain', 'write']

/** Asks GitHub whether the author may, keeps the correction, judges again, and says what came of it. Once. */
export async function takeCorrection(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const asked = effect.detail as unknown as CorrectionRequest
  const path = pathOf(repository.full_name)
  if (deps.dryRun) return { result: 'dry run: the correction was not taken', url: null }
  const answer = async (result: string, body: string): Promise<EffectResult> => {
    const login = (await deps.github?.botLogin()) ?? ''
    const own = { login, marker: marker(effect.task_key), since: asked.asked_at, body }
    return { result, url: await writeComment(octokit, { ...path, issue_number: asked.number }, own) }
  }
  await react(octokit, { ...path, comment_id: asked.comment_id, kind: asked.comment_kind })
  if (asked.problem !== undefined) return answer('not understood', asked.problem)
  const permission = await permissionOf(octokit, path, asked.author)
  if (!MAY_CORRECT.includes(permission))
    return answer('refused: no write permission', refusalText(asked.author, permission))
  const { says, job, reason, number, author, comment_key, asked_at } = asked
  const { repository_id } = repository
  const fact = {
    repository_id,
    number,
    correction_key: comment_key,
    says,
    job,
    reason,
    author,
    reported_at: asked_at,
    permission,
  }
  await deps.db.transaction().execute((trx) => addCorrection(trx, fact))
  await deriveRepository(deps.db, repository_id, {
    settingsOf: deps.settingsOf,
    now: deps.now(),
    learn: false,
  })
  return answer('correction taken', correctionText(fact, await readCorrected(deps.db, fact)))
}

/** What the person may do in the repository: `admin`, `maintain`, `write`, `triage`, `read` or `none`. */
async function permissionOf(octokit: Octokit, path: RepositoryPath, username: string): Promise<string> {
  const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...path, username })
  return data.role_name || data.permission
}
