/** The progress of a backfill: pull requests read, remaining rate limit, and estimated time. */
import cliProgress from 'cli-progress'
import type { BackfillProgress } from '../db/backfill.ts'
import type { ThrottledClient } from '../github/throttled-client.ts'

const EVERY_MS = 10_000

export interface ProgressBar {
  show(progress: BackfillProgress): void
  end(): void
}

/** A bar on a terminal, a line every ten seconds elsewhere; both on standard error. */
export function backfillProgress(repository: string, client: ThrottledClient): ProgressBar {
  return process.stderr.isTTY ? onTerminal(repository, client) : inLines(repository, client)
}

/** The text beside the bar. @param started epoch ms */
export function statusText(
  progress: BackfillProgress,
  client: ThrottledClient,
  started: number,
  now: number,
): string {
  const { done, pages, pullRequests, unread } = progress
  const read = `${Math.max(0, pullRequests - unread)} of ${pullRequests} pull requests`
  const rates = [...client.left].map(([name, left]) => `${name} ${left.remaining}/${left.limit}`)
  const seconds = done > 0 ? (((now - started) / done) * (pages - done)) / 1000 : null
  const pause = client.waitsUntil > now ? `, rate limited until ${clock(client.waitsUntil)}` : ''
  const rate = rates.length > 0 ? `, rate limit left ${rates.join(', ')}` : ''
  const toGo = seconds === null || done === pages ? '' : `, ${duration(seconds)} to go`
  return `${read}${rate}${toGo}${pause}`
}

function onTerminal(repository: string, client: ThrottledClient): ProgressBar {
  const started = Date.now()
  const bar = new cliProgress.SingleBar({
    format: `${repository} {bar} {percentage}% | {text}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  })
  bar.start(1, 0, { text: 'connecting' })
  return {
    show(progress) {
      bar.setTotal(Math.max(1, progress.pages))
      bar.update(progress.done, { text: statusText(progress, client, started, Date.now()) })
    },
    end: () => bar.stop(),
  }
}

function inLines(repository: string, client: ThrottledClient): ProgressBar {
  const started = Date.now()
  let shown = 0
  let last = ''
  return {
    show(progress) {
      last = `${repository}: ${statusText(progress, client, started, Date.now())}\n`
      if (Date.now() - shown < EVERY_MS) return
      shown = Date.now()
      process.stderr.write(last)
    },
    end: () => void process.stderr.write(last),
  }
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
