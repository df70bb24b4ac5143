/** Reads the required jobs again, because a webhook announced a change of the rules or of the repository. */
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import type { Octokit } from '../../github/client.ts'
import type { EffectResult } from '../feature.ts'
import { readRequiredJobs } from './refresh.ts'

/** The change holds from the time at which it was announced, however late it is read. */
export async function refreshRequired(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const changed = await readRequiredJobs(deps.db, octokit, repository, Date.parse(effect.created_at))
  return { result: `required jobs of ${changed} branch${changed === 1 ? '' : 'es'} changed`, url: null }
}
