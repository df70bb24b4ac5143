/** What all CSV tables share. */
import type { Context } from 'hono'
import type { z } from 'zod'
import type { JobKey } from '../../db/job-table.ts'
import type { RepositoryView } from '../view.ts'

/** The answer where there is no such table, or no access to it. */
export const NOT_FOUND_TEXT = 'Not found, or you don’t have access.\n'

export type Rows = readonly Record<string, unknown>[]

/** Adds a CSV table of a repository: its path, columns, parameters and rows. Null rows are answered with 404. */
export type Table = <Q extends z.ZodType>(
  path: string,
  head: readonly string[],
  query: Q,
  read: (view: RepositoryView, query: z.output<Q>, c: Context) => Promise<Rows | null>,
) => void

/** The job in an address. */
export function jobOf(view: RepositoryView, c: Context): JobKey {
  return { repositoryId: view.repository.repository_id, jobId: Number(c.req.param('job')) }
}

/** Sends CSV as a download, so that no browser renders it. */
export function sendCsv(c: Context, body: string | ReadableStream<Uint8Array>): Response {
  return c.body(body, 200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment',
  })
}
