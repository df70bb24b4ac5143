/** The API's months and status: parameters, shapes and descriptions; also the shapes shared with the CSV tables. */
import { createRoute, z } from '@hono/zod-openapi'
import { bad, json, nextPage, notFound } from './list-routes.ts'
import { ofRepository, pageQuery } from './query.ts'

export const historyQuery = z.object({ days: z.coerce.number().int().min(1).max(400).default(180) })

export const monthShape = z
  .object({
    month: z.string().openapi({ description: 'Local month, YYYY-MM', example: '2026-02' }),
    days: z.number().openapi({ description: 'Days with a tested pull request' }),
    days_breached: z.number(),
    weeks: z.number(),
    weeks_breached: z.number(),
    fixes: z.number().openapi({ description: 'Merged pull requests with one of the breach issue’s labels' }),
    flakes_counted: z.number(),
    rate: z.number().nullable().openapi({
      description: 'Counted flakes divided by tested pull requests, each summed over the days',
    }),
  })
  .openapi('Month')

export const incidentShape = z
  .object({
    incident: z.string(),
    from_at: z.string(),
    to_at: z.string(),
    flakes: z.number(),
    failures: z.number(),
    rate: z.number().openapi({ description: 'Share of results that failed' }),
    on_trunk: z.boolean(),
    jobs: z.array(z.string()),
    pull_requests: z.array(z.number()),
  })
  .openapi('Incident')

export const bandShape = z
  .object({
    band: z.number().openapi({ description: 'Tenth of the probability: 0 is 0% to 10%' }),
    flakes: z.number(),
    expected: z.number().openapi({
      description:
        'Sum of the probabilities: the number of flakes caused by their pull request if every probability is right',
    }),
    counted: z.number(),
    revised: z.number().openapi({ description: 'Flakes whose attribution changed' }),
  })
  .openapi('ProbabilityBand')

export const freshnessShape = z
  .object({
    repository: z.string(),
    last_delivery_at: z.string().nullable(),
    last_completed_at: z.string().nullable(),
    last_measured_at: z.string().nullable(),
    heads_waiting: z.number(),
    days_with_data: z.number().openapi({ description: 'Of the last 90 days' }),
    longest_gap_days: z.number(),
  })
  .openapi('Freshness')

const gapShape = z
  .object({
    repository: z.string(),
    from_at: z.string(),
    to_at: z.string(),
    reason: z.string(),
    filled_at: z
      .string()
      .nullable()
      .openapi({ description: 'Null while the gap is open and results may be missing' }),
  })
  .openapi('Gap')

const backfillShape = z
  .object({
    repository: z.string(),
    since: z.string(),
    done: z.number().openapi({ description: 'Pages read from GitHub' }),
    pages: z.number().openapi({ description: 'Pages known so far; more may be found' }),
    pull_requests: z.number(),
  })
  .openapi('Backfill')

const REPOSITORY = '/repositories/{owner}/{repo}'

export const monthsRoute = createRoute({
  method: 'get',
  path: `${REPOSITORY}/months`,
  summary: 'The SLA document’s measures of success by month, newest first',
  request: { params: ofRepository },
  responses: { 200: json(z.object({ months: z.array(monthShape) }), 'Months'), 404: notFound },
})

export const statusRoute = createRoute({
  method: 'get',
  path: '/status',
  summary: 'How fresh and complete the data of each repository is, and pending GitHub actions',
  request: { query: pageQuery },
  responses: {
    200: json(
      z.object({
        repositories: z.array(freshnessShape),
        next_page: nextPage,
        gaps: z.array(gapShape),
        backfills: z.array(backfillShape).openapi({ description: 'Backfills in progress' }),
        outbox: z.array(
          z.object({
            kind: z.string(),
            waiting: z.number(),
            oldest_due_at: z.string(),
            max_attempts: z.number(),
          }),
        ),
        rate_limit: z
          .object({ remaining: z.number(), limit: z.number(), reset_at: z.string() })
          .nullable()
          .openapi({ description: 'Null if no request was sent to GitHub in the last hour' }),
      }),
      'Status',
    ),
    400: bad,
  },
})
