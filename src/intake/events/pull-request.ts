/** Translates `pull_request`: which commits were its heads and what its base was. Only this event connects a SHA to a pull request for certain. */
import { z } from 'zod'
import { storedLines } from '../../domain/command-lines.ts'
import type { CommentFact, Facts, PullRequestEvent } from '../../domain/facts.ts'
import { type NewTask, newTask } from '../../domain/task.ts'
import { author, envelope, id, number, optional, repositoryFact, sha, text, time, word } from './payload.ts'

const headRepository = z.object({ id }).nullish()

const schema = envelope.extend({
  action: word,
  before: optional(sha),
  pull_request: z.object({
    number,
    state: word,
    merged: z.boolean().nullish(),
    draft: z.boolean().nullish(),
    title: text,
    body: text.nullish(),
    user: author,
    author_association: text.nullish(),
    created_at: time,
    updated_at: time,
    merge_commit_sha: optional(sha),
    labels: z.array(z.object({ name: text })).nullish(),
    head: z.object({ ref: text.nullish(), sha, repo: headRepository }),
    base: z.object({ ref: text, sha: optional(sha) }),
  }),
})

type Payload = z.infer<typeof schema>
const NO_COMMIT = /^0+$/

/** Facts of a `pull_request` payload: the event, one more for the head that a push replaced, and commands in the body. */
export function pullRequest(payload: unknown, received: { at: string }): Facts {
  const parsed = schema.parse(payload)
  const event = eventOf(parsed)
  const events = [event]
  if (parsed.action === 'synchronize' && parsed.before && !NO_COMMIT.test(parsed.before))
    events.push({ ...event, action: 'before', head_sha: parsed.before, base_sha: null })
  const check = settingsCheck(parsed, received.at)
  const comment = parsed.action === 'opened' ? openingComment(parsed) : null
  return {
    repository: [repositoryFact(parsed, event.reported_at)],
    pull_request_event: events,
    ...(check && { outbox: [check] }),
    ...(comment && { comment: [comment] }),
  }
}

function openingComment({ repository, pull_request: pr }: Payload): CommentFact | null {
  return bodyCommand({
    repositoryId: repository.id,
    number: pr.number,
    body: pr.body ?? null,
    author: pr.user,
    association: pr.author_association ?? null,
    createdAt: pr.created_at,
  })
}

/** The body with which a pull request was opened, as a comment; null when it contains no line that may be a command. */
export function bodyCommand(opened: {
  repositoryId: number
  number: number
  body: string | null
  author: { login: string; isBot: boolean }
  association: string | null
  createdAt: string
}): CommentFact | null {
  const { repositoryId, number, body, author, association, createdAt } = opened
  const lines = storedLines(body ?? '')
  if (lines === '') return null
  return {
    repository_id: repositoryId,
    number,
    comment_key: 'body',
    kind: 'body',
    author: author.login,
    author_is_bot: author.isBot,
    association,
    reported_at: createdAt,
    body: lines,
  }
}

const NEW_HEAD = ['opened', 'reopened', 'synchronize']

/** Asks for one check of a head that may change the settings. Payloads do not say which files a pull request changes. */
function settingsCheck({ action, repository, pull_request: pr }: Payload, at: string): NewTask | null {
  if (!NEW_HEAD.includes(action) || pr.base.ref !== repository.default_branch) return null
  const head_sha = pr.head.sha
  const place = { repository_id: repository.id, task_key: `settings-check:${pr.number}:${head_sha}`, at }
  return newTask(place, 'settings-check', { number: pr.number, head_sha })
}

function eventOf({ action, repository, pull_request: pr }: Payload): PullRequestEvent {
  return {
    repository_id: repository.id,
    number: pr.number,
    reported_at: pr.updated_at,
    action,
    head_sha: pr.head.sha,
    head_ref: pr.head.ref ?? null,
    head_repository_id: pr.head.repo?.id ?? null,
    base_ref: pr.base.ref,
    base_sha: pr.base.sha && !NO_COMMIT.test(pr.base.sha) ? pr.base.sha : null,
    state: pr.state,
    merged: pr.merged ?? false,
    draft: pr.draft ?? false,
    title: pr.title,
    author: pr.user.login,
    author_is_bot: pr.user.isBot,
    labels: (pr.labels ?? []).map((label) => label.name),
    merge_sha: pr.merge_commit_sha,
    created_at: pr.created_at,
  }
}
