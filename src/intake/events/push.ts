/**
 * A push to the default branch that changes the settings file: they are read again. A push to another branch tells which
 * files a pull request from it changes.
 */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { SETTINGS_PATH } from '../../domain/settings-path.ts'
import { newTask } from '../../domain/task.ts'
import { envelope, repositoryFact, sha, storable, text } from './payload.ts'

const paths = z.array(z.string()).nullish()
const schema = envelope.extend({
  ref: text,
  after: sha,
  deleted: z.boolean().nullish(),
  created: z.boolean().nullish(),
  commits: z.array(z.object({ added: paths, modified: paths, removed: paths })).nullish(),
})

/** A push lists the files of so many commits at most, and a pull request that changes more files changes everything. */
const MAX_LISTED = 20
const MAX_FILES = 300

/** GitHub lists no more commits than this in one push; what lies beyond may have touched the file. */
const MAX_COMMITS = 2048

/** Asks for the settings to be read; a time of its own a push has not, so it is dated by its arrival. */
export function push(payload: unknown, received: { at: string }): Facts {
  const told = schema.parse(payload)
  const { repository, ref, after, deleted, commits } = told
  if (deleted) return {}
  const list = commits ?? []
  if (ref !== `refs/heads/${repository.default_branch}`) {
    if (!ref.startsWith('refs/heads/') || list.length === 0) return {}
    const files = [
      ...new Set(list.flatMap((one) => [one.added, one.modified, one.removed].flatMap((all) => all ?? []))),
    ]
    const isAll = list.length < MAX_LISTED && files.length <= MAX_FILES
    return {
      branch_push: [
        {
          repository_id: repository.id,
          head_sha: after,
          ref: ref.slice('refs/heads/'.length),
          created: told.created ?? false,
          files: isAll ? files.map(storable).sort() : null,
        },
      ],
    }
  }
  const touches = list.some((one) =>
    [one.added, one.modified, one.removed].some((files) => files?.includes(SETTINGS_PATH)),
  )
  if (!touches && list.length < MAX_COMMITS) return {}
  return {
    repository: [repositoryFact(told, received.at)],
    outbox: [
      newTask(
        { repository_id: repository.id, task_key: `settings:${after}`, at: received.at },
        'settings',
        {},
      ),
    ],
  }
}
