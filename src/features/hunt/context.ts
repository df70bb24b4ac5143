/** What the steps of one `/hunt` share. */
import type { ActionsSettings, Lane } from '@flake-sla/hunt/actions'
import type { HuntRow } from '../../db/hunts.ts'
import { type LeasedTask, noteUrl, type TaskState } from '../../db/outbox.ts'
import { keepComment, marker } from '../../github/comments.ts'
import type { OpenPull } from '../../github/reruns.ts'
import { clipBody } from '../../texts/markdown.ts'
import type { TaskContext } from '../feature.ts'

/** One `/hunt` on a pull request; `pull` is null once that is closed. */
export interface HuntContext extends TaskContext {
  task: LeasedTask<'hunt'>
  pull: OpenPull | null
}

/** What a hunt from a pull request stores beside the settings of every hunt. */
export interface StoredSettings extends ActionsSettings {
  pull_request: number
  asked_by: string
  lanes: Lane[]
  spent: number
}

/** The settings in a hunt's row. Only this feature writes rows with a `requested_key`, so their shape is known. */
export function storedSettings({ settings }: Pick<HuntRow, 'settings'>): StoredSettings {
  return settings as unknown as StoredSettings
}

/** Identifies the hunt of a command: the same comment delivered twice has the same key. */
export function requestedKey({ repository_id, task_key }: TaskState): string {
  return `${repository_id}/${task_key}`
}

/**
 * Writes the one comment of a command, or edits it in place. @returns its address; null in a locked conversation, where
 * nobody can write
 */
export async function writeAnswer(context: HuntContext, body: string): Promise<string | null> {
  const { deps, octokit, path, task, pull, login } = context
  if (pull?.locked) return null
  const comment = await keepComment(
    octokit,
    { ...path, issue_number: task.payload.number },
    {
      login: await login(),
      marker: marker(task.task_key),
      // A job's output must not pass for the marker of another comment.
      body: clipBody(body).replaceAll('<!--', '<! --'),
      known: task.url,
    },
  )
  await noteUrl(deps.db, task, comment.url)
  return comment.url
}
