/** A finished Actions job tells which runner it ran on; what came of it its check run tells, which has the same id. */
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

/** GitHub's own machines are new for every job: their names say nothing about the next failure. */
const HOSTED = 'GitHub Actions'

/** Facts of a `workflow_job` payload; none before the job ended, nor for a machine of GitHub's. */
export function workflowJob(payload: unknown): Facts {
  const told = schema.parse(payload)
  const { id: checkRunId, head_sha, runner_name, runner_group_name, completed_at } = told.workflow_job
  if (told.action !== 'completed' || !completed_at || !runner_name) return {}
  if (runner_group_name === HOSTED || runner_name.startsWith(`${HOSTED} `)) return {}
  const runner = {
    repository_id: told.repository.id,
    head_sha,
    check_run_id: checkRunId,
    name: runner_name,
    reported_at: completed_at,
  }
  return { repository: [repositoryFact(told, completed_at)], runner: [runner] }
}
