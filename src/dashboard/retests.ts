/** The retests requested on a pull request, for its page and its CSV table. */

import type { Row } from '../db/schema.ts'
import { parseRetests } from '../domain/command.ts'
import type { DashboardDeps } from './deps.ts'
import { readComments, readRerunRequests } from './queries/pull-request.ts'

export interface Retest {
  at: string
  author: string
  bot: boolean
  words: string
}

/** Retests requested by comment or by button, oldest first. */
export async function readRetests(
  db: DashboardDeps['db'],
  repositoryId: number,
  number: number,
  heads: readonly { head_sha: string }[],
): Promise<Retest[]> {
  const comments = await readComments(db, repositoryId, number)
  const shas = heads.map((head) => head.head_sha)
  const buttons = await readRerunRequests(db, repositoryId, shas)
  const retests = [...comments.flatMap(retestsIn), ...buttons.map(retestBy)]
  return retests.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

function retestsIn(comment: Row<'comment'>): Retest[] {
  return parseRetests(comment.body).map(({ command, jobs }) => ({
    at: comment.reported_at,
    author: comment.author,
    bot: comment.author_is_bot,
    words: `/${command.replaceAll('_', command === 'test_all' ? ' ' : '-')} ${jobs.join(' ')}`.trim(),
  }))
}

function retestBy(request: Row<'rerun_request'>): Retest {
  return {
    at: request.reported_at,
    author: request.actor,
    bot: request.actor_is_bot,
    words: `Re-run of ${request.name}`,
  }
}
