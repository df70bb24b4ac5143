/** Translates `status`: a commit status is one report about one run of a job at a commit. It names no pull request. */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { digest, envelope, id, missing, optional, repositoryFact, sha, text, time, word } from './payload.ts'

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
  const event = schema.parse(payload)
  const at = event.updated_at ?? event.created_at
  if (!at) throw missing(['created_at'], 'a status')
  const defaultBranch = event.repository.default_branch
  const onDefaultBranch = (event.branches ?? []).some(
    (branch) => branch.name === defaultBranch && branch.commit?.sha === event.sha,
  )
  return {
    repository: [repositoryFact(event, at)],
    observation: [
      {
        repository_id: event.repository.id,
        head_sha: event.sha,
        run_key: statusKey(event),
        reported_at: at,
        reported_id: event.id ?? 0,
        state: event.state,
        source: 'status',
        app: '',
        name: event.context,
        description: event.description ?? null,
        url: event.target_url || null,
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

/** Identity of a run: context and target_url at the commit. Without a target_url, each status is a run of its own. */
export function statusKey(status: {
  id: number | null
  context: string
  target_url?: string | null | undefined
}): string {
  if (status.target_url) return `status:${digest(status.context, status.target_url)}`
  return status.id === null ? `status:${digest(status.context)}` : `status:${status.id}`
}
