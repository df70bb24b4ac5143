/** What every table as CSV has: how one is added, and how it is sent. */

import type { Context } from 'hono'
import type { z } from 'zod'
import type { JobKey } from '../../db/job-table.ts'
import type { RepositoryView } from '../view.ts'

export type Rows = readonly Record<string, unknown>[]

/** Adds a table of a repository: where it is, its columns, what it takes, and its rows, null for no such thing. */
export type Table = <Q extends z.ZodType>(
  path: string,
  head: readonly string[],
  query: Q,
  read: (view: RepositoryView, query: z.output<Q>, c: Context) => Promise<Rows | null>,
) => void

/** The job that an address names. */
export function jobOf(view: RepositoryView, c: Context): JobKey {
  return { repositoryId: view.repository.repository_id, jobId: Number(c.req.param('job')) }
}

/** As a file of its own, whatever a browser would like to make of it. */
export function sendCsv(c: Context, body: string): Response {
  return c.body(body, 200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment',
  })
}
