/** What a request may ask for: checked before anything is read, and described in the OpenAPI document. */

import { z } from '@hono/zod-openapi'
import type { FlakeCursor } from '../../db/flakes.ts'
import { DAY_MS } from '../../domain/time.ts'
import { readInstant } from '../dates.ts'

const day = z.iso
  .date()
  .refine((text) => readInstant(text) !== null, 'is before 1970 or after 2199')
  .openapi({ example: '2026-02-02' })

export const ofRepository = z.object({ owner: z.string().max(100), repo: z.string().max(200) })

export const ofJob = ofRepository.extend({
  job_id: z
    .string()
    .regex(/^\d{1,16}$/, 'is a number')
    .transform(Number)
    .openapi({ type: 'string' }),
})

export const ofFlake = ofJob.extend({ sha: z.string().regex(/^[0-9a-f]{40,64}$/, 'is a commit’s full SHA') })

export const ofPullRequest = ofRepository.extend({
  number: z
    .string()
    .regex(/^\d{1,9}$/, 'is a number')
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

/** Pages of what is listed by name. */
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
  cursor: z.string().max(300).optional().openapi({ description: 'As in `next` of the page before' }),
})

export const gridParameters = z.object({
  job: z.string().max(200).optional().openapi({ description: 'Regular expression; no back references' }),
  sort: z.enum(['flakiness', 'name']).optional(),
  width: z.enum(['20', '40', '80']).optional(),
  page: z.coerce.number().int().min(1).max(999).optional(),
})

/** The instants of UTC days `from` up to and with `to`; all that there is where they are not given. */
export function spanOf(query: { from?: string | undefined; to?: string | undefined }, now: number) {
  const from = query.from ? Date.parse(query.from) : 0
  return { from, to: query.to ? Date.parse(query.to) + DAY_MS : now + 1 }
}

export function writeCursor({ flakedAt, headSha, jobId }: FlakeCursor): string {
  return Buffer.from(`${flakedAt}|${headSha}|${jobId}`).toString('base64url')
}

/** Null for text that is no cursor of ours. */
export function readCursor(text: string): FlakeCursor | null {
  const [flakedAt, headSha, jobId, more] = Buffer.from(text, 'base64url').toString('utf8').split('|')
  if (!flakedAt || !headSha || !jobId || more !== undefined) return null
  const at = readInstant(flakedAt)
  if (at === null || !/^[0-9a-f]+$/.test(headSha) || !/^\d{1,16}$/.test(jobId)) return null
  return { flakedAt: new Date(at).toISOString(), headSha, jobId: Number(jobId) }
}
