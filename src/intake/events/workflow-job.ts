/** Translates `workflow_job`: which self-hosted runner a job ran on. Its result is in the check run with the same id. */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { envelope, id, optional, repositoryFact, sha, text, time, word } from './payload.ts'

const schema = envelope.extend({
  action: word,
  workflow_job: z.object({
    id,
    head_sha: sha,
    runner_name: text.nullish(),
    runner_group_name: text.nullish(),
    completed_at: optional(time),
  }),
})

/** GitHub's own machines are new for every job, so their names say nothing about later failures. */
const HOSTED = 'GitHub Actions'

/** Facts of a `workflow_job` payload. There are none before the job has ended, nor for GitHub's own machines. */
export function workflowJob(payload: unknown): Facts {
  const event = schema.parse(payload)
  const { id: checkRunId, head_sha, runner_name, runner_group_name, completed_at } = event.workflow_job
  if (event.action !== 'completed' || !completed_at || !runner_name) return {}
  if (runner_group_name === HOSTED || runner_name.startsWith(`${HOSTED} `)) return {}
  const runner = {
    repository_id: event.repository.id,
    head_sha,
    check_run_id: checkRunId,
    name: runner_name,
    reported_at: completed_at,
  }
  return { repository: [repositoryFact(event, completed_at)], runner: [runner] }
}
