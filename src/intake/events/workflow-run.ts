/** Translates `workflow_run`: the workflow and event of a suite's check runs, and who asked for each attempt. */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { author, envelope, id, number, optional, repositoryFact, sha, text, time, word } from './payload.ts'

const schema = envelope.extend({
  action: word,
  workflow_run: z.object({
    id,
    head_sha: sha,
    path: text.nullish(),
    event: text,
    conclusion: word.nullish(),
    check_suite_id: optional(id),
    run_attempt: number.nullish(),
    run_started_at: optional(time),
    updated_at: optional(time),
    created_at: time,
    triggering_actor: author,
  }),
})

/** Facts of a `workflow_run` payload. The action `in_progress` adds nothing to `requested`. */
export function workflowRun(payload: unknown): Facts {
  const event = schema.parse(payload)
  if (event.action !== 'requested' && event.action !== 'completed') return {}
  const run = event.workflow_run
  return {
    repository: [repositoryFact(event, run.updated_at ?? run.created_at)],
    workflow_run: [
      {
        repository_id: event.repository.id,
        head_sha: run.head_sha,
        run_id: run.id,
        attempt: run.run_attempt ?? 1,
        action: event.action,
        suite_id: run.check_suite_id,
        path: run.path ?? '',
        event: run.event,
        conclusion: run.conclusion ?? null,
        actor: run.triggering_actor.login,
        actor_is_bot: run.triggering_actor.isBot,
        started_at: run.run_started_at ?? run.created_at,
      },
    ],
  }
}
