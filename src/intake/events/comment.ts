/** Comments, reviews and review comments can hold commands. Only what is newly written counts, never an edit. */
import { z } from 'zod'
import {
  type CorrectionCommand,
  mayHoldCommand,
  parseCorrection,
  parseFlakeReport,
  parseHunt,
  parseRetests,
  parseTestLines,
} from '../../domain/command.ts'
import type { CorrectionFact } from '../../domain/correction.ts'
import type { CommentFact, EffectRequest, Facts } from '../../domain/facts.ts'
import { author, envelope, id, number, optional, repositoryFact, text, time, word } from './payload.ts'

const written = z.object({
  id,
  body: text.nullish(),
  user: author,
  author_association: text.nullish(),
  created_at: optional(time),
  submitted_at: optional(time),
})

const issueComment = envelope.extend({
  issue: z.object({
    number,
    state: word,
    locked: z.boolean().nullish(),
    pull_request: z.unknown().optional(),
  }),
  comment: written,
})
const reviewed = z.object({ number, state: word, locked: z.boolean().nullish() })
const review = envelope.extend({ pull_request: reviewed, review: written })
const reviewComment = envelope.extend({ pull_request: reviewed, comment: written })

/** Facts of an `issue_comment` payload: none on an issue, on a closed pull request, or without a command in sight. */
export function onIssueComment(payload: unknown): Facts {
  const told = issueComment.parse(payload)
  if (told.action !== 'created' || !told.issue.pull_request) return {}
  return commentFacts(told, told.issue, told.comment, 'issue_comment')
}

/** Facts of a `pull_request_review` payload. */
export function onReview(payload: unknown): Facts {
  const told = review.parse(payload)
  if (told.action !== 'submitted') return {}
  return commentFacts(told, told.pull_request, told.review, 'review')
}

/** Facts of a `pull_request_review_comment` payload. */
export function onReviewComment(payload: unknown): Facts {
  const told = reviewComment.parse(payload)
  if (told.action !== 'created') return {}
  return commentFacts(told, told.pull_request, told.comment, 'review_comment')
}

function commentFacts(
  told: z.infer<typeof envelope>,
  on: { number: number; state: string; locked?: boolean | null | undefined },
  by: z.infer<typeof written>,
  kind: 'issue_comment' | 'review' | 'review_comment',
): Facts {
  const at = by.created_at ?? by.submitted_at
  if (!by.body || !at || !mayHoldCommand(by.body)) return {}
  const comment: CommentFact = {
    repository_id: told.repository.id,
    number: on.number,
    comment_key: `${kind}:${by.id}`,
    author: by.user.login,
    author_is_bot: by.user.isBot,
    association: by.author_association ?? null,
    reported_at: at,
    body: by.body,
  }
  const asked = parseFlakeReport(by.body)
  // Nothing can be written on a locked conversation, so nothing is taken from it either.
  const isHeard = !by.user.isBot && !on.locked
  const corrected = isHeard ? parseCorrection(by.body) : null
  const isOpen = on.state === 'open'
  const hunted = isHeard && isOpen ? parseHunt(by.body) : null
  const from = { comment, id: by.id, kind }
  const outbox = [
    ...(asked && isHeard ? [request(from, 'report', { job: asked.job })] : []),
    ...(corrected ? [request(from, 'correction', { ...corrected, comment_key: comment.comment_key })] : []),
    ...(isHeard && isOpen ? retestRequest(from) : []),
    ...(hunted === null ? [] : [request(from, 'hunt', { words: hunted })]),
  ]
  return {
    repository: [repositoryFact(told, at)],
    // Prow starts nothing on a closed pull request; a report may still be asked for.
    ...(isOpen && { comment: [comment] }),
    ...(corrected && !('problem' in corrected) && { correction: [correctionFact(comment, corrected)] }),
    ...(outbox.length > 0 && { outbox }),
  }
}

function correctionFact(comment: CommentFact, { says, job, reason }: CorrectionCommand): CorrectionFact {
  const { repository_id, number, comment_key, author, reported_at, association } = comment
  const permission = association ?? 'NONE'
  return {
    repository_id,
    number,
    correction_key: comment_key,
    says,
    job,
    reason,
    author,
    reported_at,
    permission,
  }
}

/** Whether it is carried out is for the repository's settings to say, which no payload holds. */
function retestRequest(from: Source): EffectRequest[] {
  const { body } = from.comment
  const commands = parseRetests(body).map((one) => one.command)
  if (commands.length === 0) return []
  return [request(from, 'retest', { commands, lines: parseTestLines(body) })]
}

/** Where a command was written. */
interface Source {
  comment: CommentFact
  id: number
  kind: string
}

/** Whether its author may is asked when it is done: an association is only a hint. */
function request({ comment, id, kind: comment_kind }: Source, kind: string, more: object): EffectRequest {
  const { repository_id, number, comment_key, author, reported_at } = comment
  return {
    repository_id,
    task_key: `${kind}:${comment_key}`,
    kind,
    detail: { ...more, number, author, comment_id: id, comment_kind, asked_at: reported_at },
    created_at: reported_at,
    due_at: reported_at,
  }
}
