/** The shapes of the API's answers. Field names are those of the command line's JSON. */

import { wilson } from '@flake-sla/hunt/statistics'
import { z } from '@hono/zod-openapi'
import type { ListedFlake } from '../../db/flakes.ts'
import type { JobCost } from '../../db/jobs.ts'
import { flakeJson, windowJson } from '../../db/json.ts'
import type { Row } from '../../db/schema.ts'

const rate = z.number().nullable()

export const problem = z.object({ error: z.string() }).openapi('Problem')

export const windowShape = z
  .object({
    kind: z.enum(['day', 'week']),
    start: z.string().openapi({ description: 'First local day, YYYY-MM-DD', example: '2026-02-02' }),
    partial: z.boolean(),
    prs: z.number(),
    flakes: z.number(),
    flakes_counted: z.number(),
    flakes_caused_by_pr: z.number(),
    flakes_undetermined: z.number(),
    strong: z.number(),
    weak: z.number(),
    prs_with_flakes: z.number(),
    rate,
    rate_low: rate,
    rate_high: rate,
    share_of_prs: rate,
    target: z.number(),
    breached: z.boolean(),
    breach_probability: rate,
    left_out: z.record(z.string(), z.number()),
    definition_version: z.number(),
    revision: z.number(),
    measured_at: z.string(),
  })
  .openapi('Window')

/** A stored window, as the command line prints it, with its kind and when it was measured. */
export function windowRowJson(row: Row<'sla_window'>): z.infer<typeof windowShape> {
  return { kind: row.kind, ...windowJson(row), measured_at: row.measured_at }
}

export const flakeShape = z
  .object({
    pull_request: z.number(),
    title: z.string().nullable(),
    head_sha: z.string(),
    job: z.string(),
    job_id: z.number(),
    app: z.string(),
    order: z.enum(['pass_after_fail', 'fail_after_pass']),
    grade: z.enum(['strong', 'weak']),
    first_failed_at: z.string(),
    flaked_at: z.string(),
    runs: z.number(),
    retested: z.boolean(),
    incident: z.string().nullable(),
    attribution: z.enum(['not_caused_by_pr', 'caused_by_pr', 'undetermined']).nullable(),
    probability_caused_by_pr: z.number().nullable(),
    counted: z.boolean().nullable(),
    evidence: z.record(z.string(), z.unknown()).nullable(),
  })
  .openapi('Flake')

/** A flake, as the command line prints it, with the pull request's title and the job's id. */
export function flakeRowJson(row: ListedFlake): z.infer<typeof flakeShape> {
  return { ...flakeJson(row), title: row.title, job_id: row.job_id }
}

export const jobShape = z
  .object({
    job_id: z.number(),
    job: z.string(),
    app: z.string(),
    workflow: z.string().nullable(),
    flakes: z.number(),
    flakes_counted: z.number(),
    share_of_budget: rate,
    pull_requests: z.number(),
    verdicts: z.number(),
    flake_rate: rate,
    flake_rate_low: z.number(),
    flake_rate_high: z.number(),
    last_flaked_at: z.string(),
    waited_s: rate.openapi({
      description: 'Seconds from the first failure to the next pass; null for more than 60 days',
    }),
    rerun_s: rate.openapi({
      description: 'Machine seconds of runs after the first failure; null for more than 60 days',
    }),
    owners: z.array(z.string()).openapi({ description: 'Logins and teams named in the settings' }),
    issue: z.string().nullable().openapi({ description: 'Address of the job’s open issue' }),
  })
  .openapi('JobCost')

/** A job and what it cost. @param total counted flakes of all jobs */
export function jobJson(
  cost: JobCost,
  total: number,
): Omit<z.infer<typeof jobShape>, 'waited_s' | 'rerun_s' | 'owners' | 'issue'> {
  const { low, high } = wilson(cost.flakes, cost.verdicts)
  return {
    job_id: cost.job_id,
    job: cost.name,
    app: cost.app,
    workflow: cost.workflow,
    flakes: cost.flakes,
    flakes_counted: cost.flakes_counted,
    share_of_budget: total === 0 ? null : cost.flakes_counted / total,
    pull_requests: cost.pull_requests,
    verdicts: cost.verdicts,
    flake_rate: cost.verdicts === 0 ? null : cost.flakes / cost.verdicts,
    flake_rate_low: low,
    flake_rate_high: high,
    last_flaked_at: cost.last_flaked_at,
  }
}

export const runShape = z
  .object({
    job_id: z.number(),
    pull_request: z
      .number()
      .nullable()
      .openapi({ description: 'Null for the default branch and merge queues' }),
    head_sha: z.string(),
    outcome: z.enum(['pass', 'fail', 'aborted', 'infra', 'skipped']),
    reason: z.string().nullable(),
    base_ref: z.string().nullable(),
    base_sha: z.string().nullable(),
    url: z.string().nullable(),
    started_at: z.string().nullable(),
    completed_at: z.string(),
  })
  .openapi('Run')

export function runJson(row: Row<'run'>): z.infer<typeof runShape> {
  const {
    job_id,
    number: pull_request,
    head_sha,
    outcome,
    reason,
    base_ref,
    base_sha,
    url,
    started_at,
    completed_at,
  } = row
  return {
    job_id,
    pull_request,
    head_sha,
    outcome,
    reason,
    base_ref,
    base_sha,
    url,
    started_at,
    completed_at,
  }
}

export const repositoryShape = z
  .object({
    repository: z.string(),
    private: z.boolean(),
    day: windowShape.nullable().openapi({ description: 'The latest day with data' }),
    week: windowShape.nullable().openapi({ description: 'The latest week with data' }),
  })
  .openapi('Repository')
