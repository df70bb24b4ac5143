/** Translates comments, reviews and review comments, which can contain commands. Edits never count. */
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

/** Facts of an `issue_comment` payload. There are none on an issue, nor for a comment that cannot contain a command. */
export function onIssueComment(payload: unknown): Facts {
  const event = issueComment.parse(payload)
  if (event.action !== 'created' || !event.issue.pull_request) return {}
  return commentFacts(event, event.issue, event.comment, 'issue_comment')
}

/** Facts of a `pull_request_review` payload. */
export function onReview(payload: unknown): Facts {
  const event = review.parse(payload)
  if (event.action !== 'submitted') return {}
  return commentFacts(event, event.pull_request, event.review, 'review')
}

/** Facts of a `pull_request_review_comment` payload. */
export function onReviewComment(payload: unknown): Facts {
  const event = reviewComment.parse(payload)
  if (event.action !== 'created') return {}
  return commentFacts(event, event.pull_request, event.comment, 'review_comment')
}

type Kind = Payloads['report']['comment_kind']

function commentFacts(
  event: z.infer<typeof envelope>,
  conversation: { number: number; state: string; locked?: boolean | null | undefined },
  text: z.infer<typeof written>,
  kind: Kind,
): Facts {
  const at = text.created_at ?? text.submitted_at
  if (!text.body || !at || !mayHoldCommand(text.body)) return {}
  const comment: CommentFact = {
    repository_id: event.repository.id,
    number: conversation.number,
    comment_key: `${kind}:${text.id}`,
    author: text.user.login,
    author_is_bot: text.user.isBot,
    association: text.author_association ?? null,
    reported_at: at,
    body: text.body,
  }
  const isOpen = conversation.state === 'open'
  // The app cannot answer in a locked conversation, so it takes no commands from one either.
  const isAccepted = !text.user.isBot && !conversation.locked
  const outbox = isAccepted ? tasksOf(comment, { body: text.body, id: text.id, kind, isOpen }) : []
  const correction = isAccepted ? parseCorrection(text.body) : null
  return {
    repository: [repositoryFact(event, at)],
    // CI starts nothing on a closed pull request. A report can still be asked for.
    ...(isOpen && { comment: [comment] }),
    ...(correction && !('problem' in correction) && { correction: [correctionFact(comment, correction)] }),
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

/** The tasks that the commands of a comment ask for. Retests and hunts are only for open pull requests. */
function tasksOf(
  comment: CommentFact,
  { body, id, kind, isOpen }: { body: string; id: number; kind: Kind; isOpen: boolean },
): NewTask[] {
  const { place, command } = requestIn(comment, id, kind)
  const report = parseFlakeReport(body)
  const correction = parseCorrection(body)
  const hunt = isOpen ? parseHunt(body) : null
  const retests = isOpen ? parseRetests(body).map((retest) => retest.command) : []
  const tasks: NewTask[] = []
  if (report) tasks.push(newTask(place('report'), 'report', { ...command, job: report.job }))
  if (correction) {
    const { comment_key } = comment
    tasks.push(newTask(place('correction'), 'correction', { ...command, comment_key, correction }))
  }
  // The repository's settings decide later whether the command is carried out. They are not in the payload.
  if (retests.length > 0) {
    const lines = parseTestLines(body)
    tasks.push(newTask(place('retest'), 'retest', { ...command, commands: retests, lines }))
  }
  if (hunt !== null) tasks.push(newTask(place('hunt'), 'hunt', { ...command, words: hunt }))
  return tasks
}

/** What the tasks of a comment have in common. Permissions are checked when a task runs: an association is only a hint. */
function requestIn(comment: CommentFact, id: number, comment_kind: Kind) {
  const { repository_id, number, comment_key, author, reported_at } = comment
  return {
    place: (kind: TaskKind) => ({ repository_id, task_key: `${kind}:${comment_key}`, at: reported_at }),
    command: { number, author, comment_id: id, comment_kind, requested_at: reported_at },
  }
}
