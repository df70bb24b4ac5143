/** A commit status is one word about one run of one job at one commit; it names no pull request. */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { digest, envelope, id, optional, repositoryFact, sha, text, time, word } from './payload.ts'

const schema = envelope.extend({
  id: optional(id),
  sha,
  context: text,
  state: word,
  description: text.nullish(),
  target_url: text.nullish(),
  created_at: optional(time),
  updated_at: optional(time),
  branches: z.array(z.object({ name: text, commit: z.object({ sha: optional(sha) }).nullish() })).nullish(),
})

/** Facts of a `status` payload. */
export function status(payload: unknown): Facts {
  const told = schema.parse(payload)
  const at = told.updated_at ?? told.created_at
  if (!at)
    throw new z.ZodError([
      { code: 'custom', path: ['created_at'], message: 'is missing on a status', input: null },
    ])
  const defaultBranch = told.repository.default_branch
  const onDefaultBranch = (told.branches ?? []).some(
    (branch) => branch.name === defaultBranch && branch.commit?.sha === told.sha,
  )
  return {
    repository: [repositoryFact(told, at)],
    observation: [
      {
        repository_id: told.repository.id,
        head_sha: told.sha,
        run_key: statusKey(told),
        reported_at: at,
        reported_id: told.id ?? 0,
        state: told.state,
        source: 'status',
        app: '',
        name: told.context,
        description: told.description ?? null,
        url: told.target_url || null,
        suite_id: null,
        head_branch: onDefaultBranch ? (defaultBranch ?? null) : null,
        trunk: onDefaultBranch,
        mentions: [],
        started_at: null,
        completed_at: at,
      },
    ],
  }
}

/** (context, target_url) at its commit, or the status's own id where no URL tells its runs apart. */
export function statusKey(told: {
  id: number | null
  context: string
  target_url?: string | null | undefined
}): string {
  if (told.target_url) return `status:${digest(told.context, told.target_url)}`
  return told.id === null ? `status:${digest(told.context)}` : `status:${told.id}`
}
