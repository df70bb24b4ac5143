/** The flakes as CSV: all of them, page after page, so that any number of rows needs the memory of one page. */
import type { Context, Hono } from 'hono'
import type { DashboardDeps } from '../deps.ts'
import { openRepository, type RepositoryView } from '../view.ts'
import { csv, csvRows } from './csv.ts'
import { type FlakesQuery, listFlakes } from './lists.ts'
import { flakesCsvQuery } from './query.ts'
import { flakeShape } from './shapes.ts'
import { NOT_FOUND_TEXT, sendCsv } from './table.ts'

const COLUMNS = Object.keys(flakeShape.shape)
/** Rows that are read at a time when all are wanted. */
const ROWS_AT_ONCE = 500

type Page = NonNullable<Awaited<ReturnType<typeof listFlakes>>>

/** Adds the table. With `limit` it is one page, and the header `Link` has the address of the next; without, it is every row. */
export function addFlakesCsv(app: Hono, deps: DashboardDeps): void {
  app.get('/repositories/:owner/:repo/flakes.csv', async (c) => {
    const parsed = flakesCsvQuery.safeParse(c.req.query())
    if (!parsed.success) return c.text('Invalid parameters.\n', 400)
    const { owner, repo } = c.req.param()
    const view = await openRepository(deps, c.req.raw, owner, repo)
    if (!view) return c.text(NOT_FOUND_TEXT, 404)
    const query = { ...parsed.data, limit: parsed.data.limit ?? ROWS_AT_ONCE }
    const first = await listFlakes(deps, view, query)
    if (!first) return c.text('Invalid parameters.\n', 400)
    if (parsed.data.limit === undefined) return sendCsv(c, streamOf(deps, view, query, first))
    if (first.next !== null) c.header('link', `<${nextAddress(c, first.next)}>; rel="next"`)
    return sendCsv(c, csv(COLUMNS, first.flakes))
  })
}

function nextAddress(c: Context, cursor: string): string {
  const url = new URL(c.req.url)
  url.searchParams.set('cursor', cursor)
  return `${url.pathname}${url.search}`
}

/** The first page and all that follow. A page is read when the reader has taken the one before. */
function streamOf(
  deps: DashboardDeps,
  view: RepositoryView,
  query: FlakesQuery,
  first: Page,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let page: Page | null = first
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(csv(COLUMNS, [])))
    },
    async pull(controller) {
      if (page === null) return controller.close()
      if (page.flakes.length > 0) controller.enqueue(encoder.encode(csvRows(COLUMNS, page.flakes)))
      page = page.next === null ? null : await listFlakes(deps, view, { ...query, cursor: page.next })
      if (page === null) controller.close()
    },
  })
}
