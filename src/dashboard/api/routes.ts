/** What each address of the API takes and answers with; handlers are in `app.ts`. */
import { createRoute, z } from '@hono/zod-openapi'
import { daysQuery, flakesQuery, gridParameters, ofRepository, pageQuery, windowsQuery } from './query.ts'
import { flakeShape, jobShape, problem, repositoryShape, windowShape } from './shapes.ts'

/** An answer in JSON. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { 'application/json': { schema } },
  description,
})
export const notFound = json(problem, 'There is no such thing, or it is not for you to see')
export const bad = json(problem, 'The request asks for something that cannot be')
export const nextPage = z
  .number()
  .nullable()
  .openapi({ description: '`page` of the next ones; null at the end' })
const share = z.number().nullable().openapi({
  description:
    'Share of the pull requests tested × required jobs with a result, in that window; null where no job is required by name',
})
const REPOSITORY = '/repositories/{owner}/{repo}'

export const repositoriesRoute = createRoute({
  method: 'get',
  path: '/repositories',
  summary: 'Every repository you may see, with its newest day and week',
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
  summary: 'One repository: which jobs count, and its newest day and week',
  request: { params: ofRepository },
  responses: {
    200: json(
      repositoryShape.extend({
        target: z.number(),
        time_zone: z.string(),
        coverage: z.object({ day: share, week: share }),
        required: z.object({ source: z.enum(['config', 'protection', 'all']), jobs: z.array(z.string()) }),
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
  summary: 'Jobs that flaked, those that spent most of the budget first',
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
                'One letter a head, in their order: P passed, F failed, X flaked, A no verdict, I flaked in an incident, - not run',
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
    description: 'In the week after, later heads of the pull request flaked in the job and nobody else’s did',
  }),
  later_only_others: z.number(),
  changed: z.number(),
  reversed: z.number().openapi({ description: 'From one fault to the other, not by way of undetermined' }),
})

export const accuracyRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/accuracy`,
  summary: 'How the verdicts held up against corrections, later flakes and later evidence',
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
      'By verdict, and by tenth of the probability',
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
