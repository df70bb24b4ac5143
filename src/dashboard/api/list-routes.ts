/** The routes of the API's lists: parameters and answers. The handlers are in `app.ts` and `attribution.ts`. */
import { createRoute, z } from '@hono/zod-openapi'
import { daysQuery, flakesQuery, gridParameters, ofRepository, pageQuery, windowsQuery } from './query.ts'
import { flakeShape, jobShape, problem, repositoryShape, windowShape } from './shapes.ts'

/** Describes a JSON answer. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})
export const notFound = json(problem, 'Not found, or you don’t have access')
export const NOT_FOUND = { error: 'Not found, or you don’t have access.' }
export const bad = json(problem, 'Invalid parameters')
export const nextPage = z
  .number()
  .nullable()
  .openapi({ description: '`page` of the next page; null at the end' })
const share = z.number().nullable().openapi({
  description:
    'Share of required results received in this window, over all pairs of a tested pull request and a required job; null if no job is required by name',
})
const REPOSITORY = '/repositories/{owner}/{repo}'

export const repositoriesRoute = createRoute({
  method: 'get',
  path: '/repositories',
  summary: 'Every repository that you have access to, with its latest day and week',
  request: { query: pageQuery },
  responses: {
    200: json(
      z.object({ repositories: z.array(repositoryShape), next_page: nextPage }),
      'Repositories by name',
    ),
    400: bad,
  },
})

export const repositoryRoute = createRoute({
  method: 'get',
  path: REPOSITORY,
  summary: 'One repository: its required jobs, and its latest day and week',
  request: { params: ofRepository },
  responses: {
    200: json(
      repositoryShape.extend({
        target: z.number(),
        time_zone: z.string(),
        coverage: z.object({ day: share, week: share }),
        required: z.object({
          source: z.enum(['config', 'protection', 'all']),
          jobs: z.array(z.string()),
          problem: z.string().nullable(),
          missing: z
            .array(z.object({ name: z.string(), last_result_at: z.string().nullable() }))
            .describe('Required jobs without recent results; null if a job never had one'),
          assumed_before: z
            .string()
            .nullable()
            .describe('The list read at this time is assumed for earlier days; null if nothing is assumed'),
        }),
        left_out: z
          .array(z.object({ job: z.string(), reason: z.literal('gate'), why: z.string(), runs: z.number() }))
          .describe('Jobs that would count but are gates'),
      }),
      'The repository',
    ),
    404: notFound,
  },
})

export const windowsRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/windows`,
  summary: 'Days or weeks with their figures, newest first',
  request: { params: ofRepository, query: windowsQuery },
  responses: {
    200: json(
      z.object({
        windows: z.array(windowShape),
        next_to: z.string().nullable().openapi({ description: '`to` of the next page; null at the end' }),
      }),
      'Windows',
    ),
    400: bad,
    404: notFound,
  },
})

export const jobsRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/jobs`,
  summary: 'Jobs that flaked, by share of the error budget spent',
  request: { params: ofRepository, query: daysQuery },
  responses: { 200: json(z.object({ jobs: z.array(jobShape) }), 'Jobs'), 400: bad, 404: notFound },
})

export const flakesRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/flakes`,
  summary: 'Flakes, newest first',
  request: { params: ofRepository, query: flakesQuery },
  responses: {
    200: json(
      z.object({
        flakes: z.array(flakeShape),
        next: z.string().nullable().openapi({ description: '`cursor` of the next page; null at the end' }),
      }),
      'Flakes',
    ),
    400: bad,
    404: notFound,
  },
})

export const gridRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/grid`,
  summary: 'What each job did at each of the newest commits',
  request: { params: ofRepository, query: gridParameters },
  responses: {
    200: json(
      z.object({
        heads: z.array(z.object({ pull_request: z.number(), head_sha: z.string(), last_at: z.string() })),
        jobs: z.array(
          z.object({
            job_id: z.number(),
            job: z.string(),
            cells: z.string().openapi({
              description:
                'One letter per head, in the order of `heads`: P passed, F failed, X flaked, A no result, I flaked in an incident, - not run',
            }),
          }),
        ),
        total: z.number(),
      }),
      'The grid',
    ),
    400: bad,
    404: notFound,
  },
})

const records = z.object({
  attribution: z.enum(['not_caused_by_pr', 'caused_by_pr', 'undetermined']),
  flakes: z.number(),
  corrected_mine: z.number(),
  corrected_not_mine: z.number(),
  later_only_own: z.number().openapi({
    description: 'In the week after, the job flaked at later heads of the same pull request and nowhere else',
  }),
  later_only_others: z.number(),
  changed: z.number(),
  reversed: z.number().openapi({ description: 'Changed from one definite attribution to the opposite' }),
})

export const accuracyRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/accuracy`,
  summary: 'How attributions held up against corrections, later flakes and later evidence',
  request: { params: ofRepository, query: daysQuery },
  responses: {
    200: json(
      z.object({
        attributions: z.array(records),
        bands: z.array(
          z.object({
            band: z.number(),
            flakes: z.number(),
            expected: z.number(),
            counted: z.number(),
            revised: z.number(),
          }),
        ),
      }),
      'By attribution, and by tenth of the probability',
    ),
    404: notFound,
    400: bad,
  },
})

export const incidentsRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/incidents`,
  summary: 'Incidents, and changes of jobs’ flake rates, newest first',
  request: { params: ofRepository, query: daysQuery },
  responses: {
    200: json(
      z.object({
        incidents: z.array(
          z.object({
            incident: z.string(),
            from_at: z.string(),
            to_at: z.string(),
            flakes: z.number(),
            failures: z.number(),
            rate: z.number(),
            on_trunk: z.boolean(),
            jobs: z.array(z.string()),
            pull_requests: z.array(z.number()),
          }),
        ),
        changes: z.array(
          z.object({
            job_id: z.number(),
            job: z.string(),
            changed_on: z.string(),
            before_flaky: z.number(),
            before_verdicts: z.number(),
            after_flaky: z.number(),
            after_verdicts: z.number(),
            merged: z.array(z.number()),
          }),
        ),
      }),
      'Incidents and changes',
    ),
    404: notFound,
    400: bad,
  },
})
