/** Shows how far the backfill of a history is: pull requests done, what is left of the rate limit, time to go. */
import cliProgress from 'cli-progress'
import type { BackfillProgress } from '../db/backfill.ts'
import type { ThrottledClient } from '../github/throttled-client.ts'

const EVERY_MS = 10_000

export interface HistoryProgress {
  show(progress: BackfillProgress): void
  end(): void
}

/** A bar on a terminal, a line every ten seconds elsewhere; both on standard error. */
export function historyProgress(repository: string, client: ThrottledClient): HistoryProgress {
  return process.stderr.isTTY ? onTerminal(repository, client) : inLines(repository, client)
}

/** What is said beside the bar. @param started epoch ms */
export function wordsOf(
  progress: BackfillProgress,
  client: ThrottledClient,
  started: number,
  now: number,
): string {
  const { done, pages, pullRequests, unread } = progress
  const read = `${Math.max(0, pullRequests - unread)} of ${pullRequests} pull requests`
  const rates = [...client.left].map(([name, left]) => `${name} ${left.remaining}/${left.limit}`)
  const seconds = done > 0 ? (((now - started) / done) * (pages - done)) / 1000 : null
  const pause = client.waitsUntil > now ? `, waits for the rate limit until ${clock(client.waitsUntil)}` : ''
  const rate = rates.length > 0 ? `, rate left ${rates.join(', ')}` : ''
  const toGo = seconds === null || done === pages ? '' : `, ${duration(seconds)} to go`
  return `${read}${rate}${toGo}${pause}`
}

function onTerminal(repository: string, client: ThrottledClient): HistoryProgress {
  const started = Date.now()
  const bar = new cliProgress.SingleBar({
    format: `${repository} {bar} {percentage}% | {words}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 100,
  })
  bar.start(1, 0, { words: 'asks GitHub' })
  return {
    show(progress) {
      bar.setTotal(Math.max(1, progress.pages))
      bar.update(progress.done, { words: wordsOf(progress, client, started, Date.now()) })
    },
    end: () => bar.stop(),
  }
}

function inLines(repository: string, client: ThrottledClient): HistoryProgress {
  const started = Date.now()
  let shown = 0
  let last = ''
  return {
    show(progress) {
      last = `${repository}: ${wordsOf(progress, client, started, Date.now())}\n`
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
