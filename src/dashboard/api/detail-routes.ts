/** The routes of one job, flake or pull request: parameters and answers. The handlers are in `app.ts`. */
import { createRoute, z } from '@hono/zod-openapi'
import { bad, json, notFound } from './list-routes.ts'
import { daysQuery, ofFlake, ofJob, ofPullRequest } from './query.ts'
import { flakeShape, runShape } from './shapes.ts'

const REPOSITORY = '/repositories/{owner}/{repo}'

export const jobRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/jobs/{job_id}`,
  summary: 'One job: its verdicts by day and its newest runs',
  request: { params: ofJob, query: daysQuery },
  responses: {
    200: json(
      z.object({
        job_id: z.number(),
        job: z.string(),
        app: z.string(),
        source: z.enum(['check_run', 'status']),
        workflow: z.string().nullable(),
        days: z.array(z.object({ day: z.string(), flaky: z.number(), verdicts: z.number() })),
        runners: z
          .array(z.object({ runner: z.string(), fails: z.number(), passes: z.number(), last_at: z.string() }))
          .openapi({ description: 'Self-hosted runners, if known' }),
        runs: z.array(runShape),
      }),
      'The job',
    ),
    400: bad,
    404: notFound,
  },
})

export const flakeRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/flakes/{sha}/{job_id}`,
  summary: 'One flake with its runs and the history of its attribution',
  request: { params: ofFlake },
  responses: {
    200: json(
      flakeShape.extend({
        history: z.array(
          z.object({
            revised_at: z.string(),
            old: z.string().nullable(),
            new: z.string(),
            old_probability: z.number().nullable(),
            new_probability: z.number(),
            why: z.string(),
          }),
        ),
        runs_at_head: z.array(runShape),
      }),
      'The flake',
    ),
    400: bad,
    404: notFound,
  },
})

export const pullRequestRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/pulls/{number}`,
  summary: 'One pull request: its heads with their runs, and its flakes',
  request: { params: ofPullRequest },
  responses: {
    200: json(
      z.object({
        number: z.number(),
        title: z.string().nullable(),
        heads: z.array(z.object({ head_sha: z.string(), since: z.string(), runs: z.array(runShape) })),
        flakes: z.array(
          z.object({
            head_sha: z.string(),
            job_id: z.number(),
            job: z.string(),
            attribution: z.string().nullable(),
            probability_caused_by_pr: z.number().nullable(),
            counted: z.boolean().nullable(),
          }),
        ),
      }),
      'The pull request with its 15 newest heads',
    ),
    400: bad,
    404: notFound,
  },
})
