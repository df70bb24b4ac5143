/** The machine's clock jumps: figures depend only on the times in the deliveries. */
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startTestApp } from '../support/app.ts'
import { ms } from '../support/facts.ts'
import { deliveriesOfHeads, figuresOf } from './crash.ts'

const DAY = 24 * 60

test('a clock that jumps a day forward and back changes no figure and repeats no window or issue', async () => {
  const deliveries = deliveriesOfHeads(30)
  const steady = await startTestApp()
  await steady.send(...deliveries)
  await steady.passTo(5 * DAY)
  const jumping = await startTestApp()
  for (const [i, delivery] of deliveries.entries()) {
    jumping.clock.now = ms(60) + ([0, DAY, -DAY].at(i % 3) ?? 0) * 60_000
    await jumping.send(delivery)
    if (i % 20 === 0) await jumping.passTo(60 + ([0, DAY, -DAY].at(i % 3) ?? 0))
  }
  await jumping.passTo(5 * DAY)
  expect(await figuresOf(jumping.app.deps.db)).toEqual(await figuresOf(steady.app.deps.db))
  const { rows } = await sql<{ n: number }>`select count(*) as n from sla_window
    group by kind, start, definition_version, revision having count(*) > 1`.execute(jumping.app.deps.db)
  expect(rows).toEqual([])
  const open = jumping.issues().filter((issue) => issue.state === 'open')
  expect(open.length).toBeLessThanOrEqual(1)
  expect(new Set(jumping.issues().map((issue) => issue.title)).size).toBe(jumping.issues().length)
})
