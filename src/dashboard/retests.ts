/** The retests requested on a pull request, for its page and its CSV table. */

import type { Row } from '../db/schema.ts'
import { parseRetests, retestsIn } from '../domain/command.ts'
import { type HeadRules, headRulesOf } from '../domain/head-rules.ts'
import type { DashboardDeps } from './deps.ts'
import { readComments, readRerunRequests } from './queries/pull-request.ts'
import type { RepositoryView } from './view.ts'

export interface Retest {
  at: string
  author: string
  bot: boolean
  words: string
}

/** Retests requested by comment or by button, oldest first. */
export async function readRetests(
  db: DashboardDeps['db'],
  { repository, settings }: RepositoryView,
  number: number,
  heads: readonly { head_sha: string }[],
): Promise<Retest[]> {
  const { repository_id } = repository
  const rules = headRulesOf(settings)
  const comments = await readComments(db, repository_id, number)
  const shas = heads.map((head) => head.head_sha)
  const buttons = await readRerunRequests(db, repository_id, shas)
  const retests = [
    ...comments.flatMap((comment) => retestsBy(comment, rules)),
    ...buttons.map((button) => retestBy(button, rules)),
  ]
  return retests.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

function retestsBy(comment: Row<'comment'>, { isBot, retestWords }: HeadRules): Retest[] {
  const { body, author, reported_at: at } = comment
  const bot = isBot({ login: author, isBot: comment.author_is_bot })
  // Where no command is written, the comment itself is what another CI obeys.
  const isSentence = parseRetests(body).length === 0
  return retestsIn(body, retestWords).map(({ command, jobs }) => {
    const name = command.replaceAll('_', command === 'test_all' ? ' ' : '-')
    return { at, author, bot, words: isSentence ? body : `/${name} ${jobs.join(' ')}`.trim() }
  })
}

function retestBy(request: Row<'rerun_request'>, { isBot }: HeadRules): Retest {
  return {
    at: request.reported_at,
    author: request.actor,
    bot: isBot({ login: request.actor, isBot: request.actor_is_bot }),
    words: request.name === null ? `Re-run of all checks of ${request.app}` : `Re-run of ${request.name}`,
  }
}
