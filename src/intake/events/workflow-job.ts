/**
 * Translates `workflow_job`. The result of a job is in the check run with the same id; this event says what the check run leaves
 * out: whether the job had a runner, which of its steps failed or were cancelled, and which self-hosted machine it ran on.
 */
import { z } from 'zod'
import type { Facts } from '../../domain/facts.ts'
import { envelope, id, number, optional, repositoryFact, sha, text, time, word } from './payload.ts'

const schema = envelope.extend({
  action: word,
  workflow_job: z.object({
    id,
    run_id: optional(id),
    run_attempt: number.nullish(),
    name: text.nullish(),
    head_sha: sha,
    conclusion: word.nullish(),
    runner_id: optional(id),
    runner_name: text.nullish(),
    runner_group_name: text.nullish(),
    started_at: optional(time),
    completed_at: optional(time),
    steps: z.array(z.object({ conclusion: word.nullish() })).nullish(),
  }),
})

type Job = z.infer<typeof schema>['workflow_job']

const HOSTED = 'GitHub Actions'
/** Conclusions that steps and runner explain further. */
const UNSUCCESSFUL: ReadonlySet<string> = new Set(['failure', 'cancelled', 'timed_out'])

/** Facts of a `workflow_job` payload. There are none before the job has ended, nor for a success on GitHub's own machines. */
export function workflowJob(payload: unknown): Facts {
  const event = schema.parse(payload)
  const { workflow_job: job } = event
  const runner = selfHostedRunner(job)
  const conclusion = job.conclusion ?? ''
  if (event.action !== 'completed' || !job.completed_at) return {}
  if (runner === null && !UNSUCCESSFUL.has(conclusion)) return {}
  const steps = job.steps ?? []
  const count = (wanted: string) => steps.filter((step) => step.conclusion === wanted).length
  const fact = {
    repository_id: event.repository.id,
    head_sha: job.head_sha,
    check_run_id: job.id,
    run_id: job.run_id ?? 0,
    attempt: job.run_attempt ?? 1,
    name: job.name ?? '',
    conclusion,
    runner,
    // A payload that leaves the runner out says nothing about it.
    had_runner: Boolean(job.runner_id || job.runner_name) || job.runner_name === undefined,
    steps: job.steps ? steps.length : null,
    failed_steps: count('failure'),
    cancelled_steps: count('cancelled'),
    started_at: job.started_at,
    completed_at: job.completed_at,
  }
  return { repository: [repositoryFact(event, job.completed_at)], workflow_job: [fact] }
}

function selfHostedRunner({ runner_name, runner_group_name }: Job): string | null {
  if (!runner_name || runner_group_name === HOSTED || runner_name.startsWith(`${HOSTED} `)) return null
  return runner_name
}
