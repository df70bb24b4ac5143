/**
 * Translates comments, reviews and review comments of pull requests. Each shows that its author acted, and can contain
 * commands. Edits never count: Prow obeys only what is created (pkg/github/types.go, GeneralizeCommentAction).
 */
import { z } from 'zod'
import {
  type CorrectionCommand,
  parseCorrection,
  parseFlakeReport,
  parseHunt,
  parseRetests,
  parseTestLines,
} from '../../domain/command.ts'
import { mayHoldCommand, storedBody } from '../../domain/command-lines.ts'
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
const reviewed = z.object({
  number,
  state: word,
  locked: z.boolean().nullish(),
  updated_at: optional(time),
})
const review = envelope.extend({ pull_request: reviewed, review: written, sender: author })
const reviewComment = envelope.extend({ pull_request: reviewed, comment: written })

/** Facts of an `issue_comment` payload. There are none on an issue. */
export function onIssueComment(payload: unknown): Facts {
  const event = issueComment.parse(payload)
  if (event.action !== 'created' || !event.issue.pull_request) return {}
  return writtenFacts(event, event.issue, event.comment, 'issue_comment')
}

/** Facts of a `pull_request_review` payload. A dismissal is an act of its sender and holds no commands. */
export function onReview(payload: unknown): Facts {
  const event = review.parse(payload)
  if (event.action === 'submitted') return writtenFacts(event, event.pull_request, event.review, 'review')
  return event.action === 'dismissed' ? dismissalFacts(event) : {}
}

/** Facts of a `pull_request_review_comment` payload. */
export function onReviewComment(payload: unknown): Facts {
  const event = reviewComment.parse(payload)
  if (event.action !== 'created') return {}
  return writtenFacts(event, event.pull_request, event.comment, 'review_comment')
}

type Kind = Payloads['report']['comment_kind']
type Written = z.infer<typeof written>

interface Conversation {
  number: number
  state: string
  locked?: boolean | null | undefined
}

/** The payload has the time at which the review was submitted, and that of the pull request's last change: the dismissal. */
function dismissalFacts(event: z.infer<typeof review>): Facts {
  const { pull_request: pr, review: dismissed, sender } = event
  if (!pr.updated_at || pr.state !== 'open') return {}
  const act = { ...dismissed, user: sender, body: null, author_association: null }
  const comment = commentFact(event, pr, act, { at: pr.updated_at, kind: 'review' })
  return {
    repository: [repositoryFact(event, pr.updated_at)],
    comment: [{ ...comment, comment_key: `review_dismissed:${dismissed.id}` }],
  }
}

function commentFact(
  event: z.infer<typeof envelope>,
  { number }: Conversation,
  text: Written,
  { at, kind }: { at: string; kind: Kind },
): CommentFact {
  return {
    repository_id: event.repository.id,
    number,
    comment_key: `${kind}:${text.id}`,
    kind: kind === 'issue_comment' ? 'comment' : kind,
    author: text.user.login,
    author_is_bot: text.user.isBot,
    association: text.author_association ?? null,
    reported_at: at,
    body: storedBody(text.body ?? ''),
  }
}

function writtenFacts(
  event: z.infer<typeof envelope>,
  conversation: Conversation,
  text: Written,
  kind: Kind,
): Facts {
  const at = text.created_at ?? text.submitted_at
  if (!at) return {}
  const comment = commentFact(event, conversation, text, { at, kind })
  const isOpen = conversation.state === 'open'
  const asked = requestedBy(comment, text, { kind, isOpen, isLocked: conversation.locked ?? false })
  // Nothing that is written on a closed pull request starts CI or changes a result. A report can still be asked for.
  if (!isOpen && Object.keys(asked).length === 0) return {}
  return { repository: [repositoryFact(event, at)], ...(isOpen && { comment: [comment] }), ...asked }
}

/** What the commands of a comment ask this app for. It cannot answer in a locked conversation, and obeys no robots. */
function requestedBy(
  comment: CommentFact,
  { body, id, user }: Written,
  { kind, isOpen, isLocked }: { kind: Kind; isOpen: boolean; isLocked: boolean },
): Pick<Facts, 'outbox' | 'correction'> {
  if (!body || user.isBot || isLocked || !mayHoldCommand(body)) return {}
  const outbox = tasksOf(comment, { body, id, kind, isOpen })
  const correction = parseCorrection(body)
  return {
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
