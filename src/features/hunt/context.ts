/** A `/hunt` as it was written: what its beginning and its later steps share. */

import type { ActionsSettings, Lane } from '@flake-sla/hunt/actions'
import { noteUrl } from '../../db/outbox.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import type { Octokit, RepositoryPath } from '../../github/client.ts'
import { keepComment, marker } from '../../github/comments.ts'
import type { OpenPull } from '../../github/reruns.ts'
import { clipBody } from '../../texts/markdown.ts'

export interface HuntRequest {
  words: string
  number: number
  author: string
  comment_id: number
  comment_kind: string
  asked_at: string
}

/** What a hunt from a pull request keeps beside the settings of every hunt. */
export interface KeptSettings extends ActionsSettings {
  pull_request: number
  asked_by: string
  lanes: Lane[]
  spent: number
}

/** One command's surroundings. */
export interface HuntCommand {
  deps: Deps
  octokit: Octokit
  repository: Row<'repository'>
  path: RepositoryPath
  effect: Row<'outbox'>
  asked: HuntRequest
  pull: OpenPull | null
}

/** Identifies a command's hunt, also when the same comment is told twice. */
export function requestedKey({ repository_id, task_key }: Row<'outbox'>): string {
  return `${repository_id}/${task_key}`
}

/** One comment for each command, edited in place; in a locked conversation nobody can write. */
export async function say(
  { deps, octokit, path, effect, asked, pull }: HuntCommand,
  body: string,
): Promise<string | null> {
  if (pull?.locked) return null
  const comment = await keepComment(
    octokit,
    { ...path, issue_number: asked.number },
    {
      login: (await deps.github?.botLogin()) ?? '',
      marker: marker(effect.task_key),
      // What a job wrote must not pass for the marker of another comment.
      body: clipBody(body).replaceAll('<!--', '<! --'),
      known: effect.url,
    },
  )
  await noteUrl(deps.db, effect, comment.url)
  return comment.url
}
