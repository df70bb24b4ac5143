/** An app process that reads its clock from a file and runs its timers continuously, to provoke races with another process. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig } from '../../src/config.ts'
import { AFTER_CLOSING } from '../../src/features/all.ts'
import { readAllHistory } from '../../src/features/backfill/timer.ts'
import { readRequiredJobs } from '../../src/features/required-jobs/index.ts'
import { closeAllWindows } from '../../src/features/windows/close-windows.ts'
import { startApp } from '../../src/start.ts'

const { CLOCK = '', API_URL = '', WORK } = process.env
const app = await startApp(
  { ...readConfig(process.env), apiUrl: API_URL },
  { now: () => Number(readFileSync(CLOCK, 'utf8')), timers: false, throttle: false },
)
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
process.stderr.write(`listens on ${app.url}\n`)
while (!stopping.signal.aborted) {
  if (WORK === 'history')
    await readAllHistory(app.deps, { alone: false, signal: stopping.signal, readRequiredJobs })
  else {
    await app.settle()
    await closeAllWindows(app.deps, AFTER_CLOSING)
  }
  await sleep(20)
}
await app.close()
