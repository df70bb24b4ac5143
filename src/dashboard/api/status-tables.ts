/** The CSV tables of the status page. */
import type { Hono } from 'hono'
import { DAY_MS } from '../../domain/time.ts'
import type { DashboardDeps } from '../deps.ts'
import { readGapsOf, readOpenBackfills } from '../queries/backfill.ts'
import { countDeliveries, readOutboxDepth, readTicks } from '../queries/status.ts'
import { readableRepositories } from '../view.ts'
import { csv } from './csv.ts'
import { sendCsv } from './table.ts'

const MAX_GAPS = 1000

/** Adds the tables of the status page, limited to the repositories that the reader may see. */
export function addStatusTables(app: Hono, deps: DashboardDeps): void {
  const { db, now } = deps
  const add = (name: string, head: readonly string[], read: (ids: number[]) => Promise<readonly object[]>) =>
    void app.get(`/status/${name}.csv`, async (c) => {
      const ids = (await readableRepositories(deps, c.req.raw)).map((repository) => repository.repository_id)
      const rows = await read(ids)
      return sendCsv(
        c,
        csv(
          head,
          rows.map((row) => ({ ...row })),
        ),
      )
    })
  add('deliveries', ['event', 'outcome', 'deliveries'], (ids) => countDeliveries(db, ids, now() - DAY_MS))
  add('outbox', ['kind', 'waiting', 'oldest_due_at', 'max_attempts'], (ids) => readOutboxDepth(db, ids))
  add('gaps', ['full_name', 'from_at', 'to_at', 'reason', 'filled_at'], (ids) =>
    readGapsOf(db, ids, { filledSince: 0, limit: MAX_GAPS }),
  )
  add('backfills', ['full_name', 'since', 'started_at', 'done', 'pages', 'pull_requests'], (ids) =>
    readOpenBackfills(db, ids),
  )
  add('timers', ['name', 'slot'], () => readTicks(db))
}
