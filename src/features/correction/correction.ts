/** Carries out `/flake mine|not-mine|reset`: people with write permission correct the attribution of flakes. */
import { addCorrection, readCorrected } from '../../db/corrections.ts'
import type { LeasedTask } from '../../db/outbox.ts'
import { deriveRepository } from '../../derive/derive.ts'
import type { CorrectionFact } from '../../domain/correction.ts'
import { marker, react, writeComment } from '../../github/comments.ts'
import { correctionText, refusalText } from '../../texts/correction.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

const MAY_CORRECT = ['admin', 'maintain', 'write']

/** Checks the author's permission at GitHub, stores the correction, derives again and answers once with the outcome. */
export async function takeCorrection(
  context: TaskContext,
  task: LeasedTask<'correction'>,
): Promise<TaskResult> {
  const { deps, octokit, repository, path } = context
  const { author, comment_id, comment_kind, comment_key, number, requested_at, correction } = task.payload
  if (deps.dryRun) return { result: 'dry run: the correction was not taken', url: null }
  await react(octokit, { ...path, comment_id, kind: comment_kind })
  if ('problem' in correction) return answer(context, task, 'not understood', correction.problem)
  const permission = await permissionOf(context, author)
  if (!MAY_CORRECT.includes(permission))
    return answer(context, task, 'refused: no write permission', refusalText(author, permission))
  const fact: CorrectionFact = {
    ...correction,
    ...{ repository_id: repository.repository_id, number, correction_key: comment_key },
    ...{ author, reported_at: requested_at, permission },
  }
  await storeCorrection(context, fact)
  return answer(context, task, 'correction taken', correctionText(fact, await readCorrected(deps.db, fact)))
}

async function storeCorrection({ deps, repository }: TaskContext, fact: CorrectionFact): Promise<void> {
  const { db, settingsOf } = deps
  await db.transaction().execute((trx) => addCorrection(trx, fact))
  await deriveRepository(db, repository.repository_id, { settingsOf, now: deps.now(), learn: false })
}

async function answer(
  { octokit, path, login }: TaskContext,
  { task_key, payload }: LeasedTask<'correction'>,
  result: string,
  body: string,
): Promise<TaskResult> {
  const own = { login: await login(), marker: marker(task_key), since: payload.requested_at, body }
  const url = await writeComment(octokit, { ...path, issue_number: payload.number }, own)
  return { result, url }
}

/** The person's role in the repository: `admin`, `maintain`, `write`, `triage`, `read`, `none` or a custom role. */
async function permissionOf({ octokit, path }: TaskContext, username: string): Promise<string> {
  const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...path, username })
  return data.role_name || data.permission
}
