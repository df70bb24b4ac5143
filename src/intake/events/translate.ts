/** The table of webhook events and the function that translates each into facts. A new event is added here. */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { checkRun } from './check-run.ts'
import { checkSuite } from './check-suite.ts'
import { onIssueComment, onReview, onReviewComment } from './comment.ts'
import { storable, word } from './payload.ts'
import { pullRequest } from './pull-request.ts'
import { push } from './push.ts'
import { installation, mergeGroup, repositoryChange } from './repository.ts'
import { status } from './status.ts'
import { workflowJob } from './workflow-job.ts'
import { workflowRun } from './workflow-run.ts'

/** How and when a delivery arrived. Some payloads have neither an id nor a time. */
export interface Received {
  guid: string
  event: string
  /** RFC 3339. */
  at: string
}

export const EVENTS: Record<string, (payload: unknown, received: Received) => Facts> = {
  check_run: checkRun,
  check_suite: checkSuite,
  status,
  workflow_run: workflowRun,
  workflow_job: workflowJob,
  pull_request: pullRequest,
  issue_comment: onIssueComment,
  pull_request_review: onReview,
  pull_request_review_comment: onReviewComment,
  merge_group: mergeGroup,
  push,
  installation,
  installation_repositories: installation,
  repository: repositoryChange,
  branch_protection_rule: repositoryChange,
  repository_ruleset: repositoryChange,
}

/** Whether an event's payload may have no time of its own. These events are rare. */
export function isDatedByArrival(name: string): boolean {
  const handler = isEvent(name) ? EVENTS[name] : undefined
  return handler === installation || handler === repositoryChange
}

/** Whether the event is recorded. */
export function isEvent(name: string): boolean {
  return Object.hasOwn(EVENTS, name)
}

export type Translation =
  | { outcome: 'facts'; facts: Facts; repositoryId: number; action: string | null }
  | { outcome: 'ignored' }
  | { outcome: 'rejected'; reason: string; repositoryId: number; action: string | null }

/** Translates one delivery. Never throws: a payload that lacks what its event promises is rejected with a reason. */
export function translate(payload: unknown, received: Received): Translation {
  const handler = isEvent(received.event) ? EVENTS[received.event] : undefined
  if (!handler) return { outcome: 'ignored' }
  const about = aboutOf(payload)
  try {
    const facts = handler(payload, received)
    const isEmpty = Object.values(facts).every((rows) => rows.length === 0)
    return isEmpty ? { outcome: 'ignored' } : { outcome: 'facts', facts, ...about }
  } catch (error) {
    return { outcome: 'rejected', reason: reasonOf(error), ...about }
  }
}

const aboutSchema = z.object({
  action: word.nullish().catch(null),
  repository: z
    .object({ id: z.number().int().positive().max(Number.MAX_SAFE_INTEGER) })
    .nullish()
    .catch(null),
})

/** Repository and action, as far as they can be read from any payload. */
function aboutOf(payload: unknown): { repositoryId: number; action: string | null } {
  const { data } = aboutSchema.safeParse(payload)
  return {
    repositoryId: data?.repository?.id ?? 0,
    action: data?.action ?? null,
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return 'the payload could not be read'
  const [issue] = error.issues
  if (!issue) return 'the payload could not be read'
  const path = issue.path.map(String).join('.').slice(0, 200)
  return storable(`${path || 'the payload'}: ${issue.message}`.slice(0, 500))
}
