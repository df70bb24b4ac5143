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
import type { CommentFact, Facts } from '../../domain/facts.ts'
import { type NewTask, newTask, type Payloads, type TaskKind } from '../../domain/task.ts'
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

type Kind = Payloads['report']['comment_kind']

function commentFacts(
  told: z.infer<typeof envelope>,
  on: { number: number; state: string; locked?: boolean | null | undefined },
  by: z.infer<typeof written>,
  kind: Kind,
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
  const { place, command } = requestIn(comment, by.id, kind)
  const retests = isHeard && isOpen ? parseRetests(by.body).map((one) => one.command) : []
  const { comment_key } = comment
  const outbox: NewTask[] = [
    ...(asked && isHeard ? [newTask(place('report'), 'report', { ...command, job: asked.job })] : []),
    ...(corrected
      ? [newTask(place('correction'), 'correction', { ...command, comment_key, correction: corrected })]
      : []),
    // The repository's settings say whether it is carried out; no payload holds them.
    ...(retests.length > 0
      ? [
          newTask(place('retest'), 'retest', {
            ...command,
            commands: retests,
            lines: parseTestLines(by.body),
          }),
        ]
      : []),
    ...(hunted === null ? [] : [newTask(place('hunt'), 'hunt', { ...command, words: hunted })]),
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

/** What every task of a comment's commands carries. Permissions are checked when the task is done: an association is only a hint. */
function requestIn(comment: CommentFact, id: number, comment_kind: Kind) {
  const { repository_id, number, comment_key, author, reported_at } = comment
  return {
    place: (kind: TaskKind) => ({ repository_id, task_key: `${kind}:${comment_key}`, at: reported_at }),
    command: { number, author, comment_id: id, comment_kind, requested_at: reported_at },
  }
}
