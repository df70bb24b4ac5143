/** The parameters of the API. They are validated before anything is read. */

import { z } from '@hono/zod-openapi'
import type { FlakeCursor } from '../../db/flakes.ts'
import { readInstant } from '../dates.ts'

const day = z.iso
  .date()
  .refine((text) => readInstant(text) !== null, 'must lie between 1970 and 2199')
  .openapi({ example: '2026-02-02' })

export const ofRepository = z.object({ owner: z.string().max(100), repo: z.string().max(200) })

export const ofJob = ofRepository.extend({
  job_id: z
    .string()
    .regex(/^\d{1,16}$/, 'must be a number')
    .transform(Number)
    .openapi({ type: 'string' }),
})

export const ofFlake = ofJob.extend({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/, 'must be a full commit SHA'),
})

export const ofPullRequest = ofRepository.extend({
  number: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .openapi({ type: 'string' }),
})

const limit = z.coerce.number().int().min(1).max(500).default(100)

export const windowsQuery = z.object({
  kind: z.enum(['day', 'week']).default('day'),
  from: day.optional(),
  to: day.optional(),
  limit,
})

/** A table has every day or week unless its parameters say otherwise. */
export const windowsCsvQuery = windowsQuery.extend({
  from: day.default('1970-01-01'),
  limit: limit.unwrap().default(100_000),
})

/** Paging of lists that are sorted by name. */
export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(10_000).default(1),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})
export type PageQuery = z.infer<typeof pageQuery>

export const daysQuery = z.object({ days: z.coerce.number().int().min(1).max(180).default(28) })

export const flakesQuery = z.object({
  from: day.optional(),
  to: day.optional(),
  job_id: z.coerce.number().int().min(0).optional(),
  attribution: z.enum(['not_caused_by_pr', 'caused_by_pr', 'undetermined']).optional(),
  limit,
  cursor: z
    .string()
    .max(300)
    .optional()
    .openapi({ description: 'The value of `next` from the previous page' }),
})

/** Without `limit`, all flakes. */
export const flakesCsvQuery = flakesQuery.extend({ limit: limit.unwrap().optional() })

export const gridParameters = z.object({
  job: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: 'Regular expression (RE2 syntax) on the job’s name' }),
  sort: z.enum(['flakiness', 'name']).optional(),
  width: z.enum(['20', '40', '80']).optional(),
  page: z.coerce.number().int().min(1).max(999).optional(),
})

export function writeCursor({ flakedAt, headSha, jobId }: FlakeCursor): string {
  return Buffer.from(`${flakedAt}|${headSha}|${jobId}`).toString('base64url')
}

/** The cursor in an address; null if it is invalid. */
export function readCursor(text: string): FlakeCursor | null {
  const [flakedAt, headSha, jobId, more] = Buffer.from(text, 'base64url').toString('utf8').split('|')
  if (!flakedAt || !headSha || !jobId || more !== undefined) return null
  const at = readInstant(flakedAt)
  if (at === null || !/^[0-9a-f]+$/.test(headSha) || !/^\d{1,16}$/.test(jobId)) return null
  return { flakedAt: new Date(at).toISOString(), headSha, jobId: Number(jobId) }
}
