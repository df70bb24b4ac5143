/** A push to the default branch that changes the settings file: they are read again. Every other push tells nothing. */
import { z } from 'zod'
import type { Facts } from '../domain/facts.ts'
import { SETTINGS_PATH } from '../domain/settings-path.ts'
import { envelope, repositoryFact, sha, text } from './payload.ts'

const paths = z.array(z.string()).nullish()
const schema = envelope.extend({
  ref: text,
  after: sha,
  deleted: z.boolean().nullish(),
  commits: z.array(z.object({ added: paths, modified: paths, removed: paths })).nullish(),
})

/** GitHub lists no more commits than this in one push; what lies beyond may have touched the file. */
const MOST_COMMITS = 2048

/** Asks for the settings to be read; a time of its own a push has not, so it is dated by its arrival. */
export function push(payload: unknown, received: { at: string }): Facts {
  const told = schema.parse(payload)
  const { repository, ref, after, deleted, commits } = told
  if (deleted || ref !== `refs/heads/${repository.default_branch}`) return {}
  const list = commits ?? []
  const touches = list.some((one) =>
    [one.added, one.modified, one.removed].some((files) => files?.includes(SETTINGS_PATH)),
  )
  if (!touches && list.length < MOST_COMMITS) return {}
  return {
    repository: [repositoryFact(told, received.at)],
    outbox: [
      {
        repository_id: repository.id,
        effect_key: `settings:${after}`,
        kind: 'settings',
        detail: { cause: 'push' },
        created_at: received.at,
        due_at: received.at,
      },
    ],
  }
}
