/** A tick that cannot be claimed, because the database is away, is a line of the log and nothing else. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { openDatabase } from '../../src/db/client.ts'
import { startTimers } from '../../src/features/schedule.ts'

test('if the database is unavailable, a tick is skipped and reported, and nothing is printed to the console', async () => {
  const database = await openDatabase('postgres://nobody@127.0.0.1:1/none')
  const said = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')]
  for (const one of said) one.mockImplementation(() => {})
  const onError = vi.fn()
  const run = vi.fn(async () => {})
  const timers = await startTimers(database.db, [{ name: 'often', schedule: '* * * * * *', run }], onError)
  onTestFinished(async () => {
    await timers.stop()
    await database.close()
    vi.restoreAllMocks()
  })
  await expect.poll(() => onError.mock.calls.length, { timeout: 5000 }).toBeGreaterThan(0)
  expect(onError).toHaveBeenCalledWith('often', expect.objectContaining({ code: 'ECONNREFUSED' }))
  // Once at the start, which asks nobody.
  expect(run).toHaveBeenCalledOnce()
  for (const one of said) expect(one).not.toHaveBeenCalled()
})

test('a timer that says so does not run when the process starts', async () => {
  const database = await openDatabase('memory')
  const [once, later] = [vi.fn(async () => {}), vi.fn(async () => {})]
  const daily = { schedule: '0 0 1 1 *' }
  const timers = await startTimers(
    database.db,
    [
      { name: 'once', ...daily, run: once },
      { name: 'later', ...daily, atStart: false, run: later },
    ],
    () => {},
  )
  await timers.stop()
  await database.close()
  expect([once.mock.calls.length, later.mock.calls.length]).toEqual([1, 0])
})
