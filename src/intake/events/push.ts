/**
 * Translates `push`. A push to the default branch that changes the settings file has the settings read again. A push to another
 * branch says which files a pull request from that branch changes.
 */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { SETTINGS_PATH } from '../../domain/settings-path.ts'
import { newTask } from '../../domain/task.ts'
import { iso, SECOND_MS } from '../../domain/time.ts'
import { envelope, repository, repositoryFact, sha, storable, text } from './payload.ts'

/** Until the year 2200. */
const seconds = z
  .int()
  .nonnegative()
  .max(Date.UTC(2200, 0) / SECOND_MS)
const paths = z.array(z.string()).nullish()
const commit = z.object({ added: paths, modified: paths, removed: paths })
const schema = envelope.extend({
  repository: repository.extend({ pushed_at: seconds.optional().catch(undefined) }),
  ref: text,
  after: sha,
  before: text.nullish(),
  base_ref: text.nullish(),
  deleted: z.boolean().nullish(),
  created: z.boolean().nullish(),
  forced: z.boolean().nullish(),
  commits: z.array(commit).nullish(),
})

/** From this number of commits on, a push may not list the files of each. */
const MAX_LISTED = 20
/** A pull request that changes more files than this is taken to change everything. */
const MAX_FILES = 300

/** GitHub lists no more commits than this in one push. A commit that is not listed may have changed the settings file. */
const MAX_COMMITS = 2048

type Payload = z.infer<typeof schema>

/** Facts of a `push` payload. It has no time of its own except `pushed_at`, which is missing in some. */
export function push(payload: unknown, received: { at: string }): Facts {
  const event = schema.parse(payload)
  if (event.deleted) return {}
  if (event.ref === `refs/heads/${event.repository.default_branch}`) return settingsPush(event, received.at)
  return event.ref.startsWith('refs/heads/') ? branchPush(event) : {}
}

function branchPush(event: Payload): Facts {
  const { repository, ref, before, after, created } = event
  return {
    branch_push: [
      {
        repository_id: repository.id,
        head_sha: after,
        ref: ref.slice('refs/heads/'.length),
        before_sha: before ?? '',
        created: created ?? false,
        files: pushedFiles(event),
      },
    ],
  }
}

/** The files of the commits; null when they may not all be listed. */
function pushedFiles({ created, base_ref, repository, commits }: Payload): string[] | null {
  if (!commits || commits.length >= MAX_LISTED) return null
  // A branch without commits of its own begins somewhere: only on the default branch is nothing changed.
  if (created && commits.length === 0 && base_ref !== `refs/heads/${repository.default_branch}`) return null
  const files = new Set(commits.flatMap(filesOf))
  return files.size <= MAX_FILES ? [...files].map(storable).sort() : null
}

function settingsPush(event: Payload, at: string): Facts {
  // The branch may be set to a commit again: the time tells the pushes apart, or else the commit before it.
  const { repository, after, before } = event
  const commits = event.commits ?? []
  // A forced push lists only the commits that it adds, not those that it removes.
  const mayChange =
    event.forced || commits.length >= MAX_COMMITS || commits.flatMap(filesOf).includes(SETTINGS_PATH)
  if (!mayChange) return {}
  const pushed = pushedAt(event)
  return {
    repository: [repositoryFact(event, at, false)],
    outbox: [
      newTask(
        { repository_id: repository.id, task_key: `settings:${after}:${pushed ?? before}`, at },
        'settings',
        {
          sha: after,
          since: pushed ?? at,
        },
      ),
    ],
  }
}

/** When the push happened (RFC 3339). In `push` payloads `pushed_at` counts seconds since 1970; elsewhere it is a text. */
function pushedAt({ repository: { pushed_at } }: Payload): string | null {
  return pushed_at === undefined ? null : iso(pushed_at * SECOND_MS)
}

function filesOf({ added, modified, removed }: z.infer<typeof commit>): string[] {
  return [...(added ?? []), ...(modified ?? []), ...(removed ?? [])]
}
