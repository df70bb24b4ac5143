/**
 * Recorded deliveries, read and prepared in a thread of their own: unpacking and parsing them takes longer than all that the
 * database's side of `replay` has to do for them, and both then go on at once.
 */
import { on } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { UserError } from '../domain/user-error.ts'
import type { Prepared } from '../intake/prepare.ts'

/** A line of a file: what it tells, or why it could not be read. */
export interface PreparedLine {
  at: { file: string; line: number }
  told: Prepared | { outcome: 'unread'; reason: string }
}

/** What the thread is given, and what it sends: lines, asked for by `more`, and the end or a sentence in the end. */
export interface ReaderInput {
  files: readonly string[]
  now: number
}
export type FromReader = { lines: PreparedLine[] } | { done: true } | { problem: string }

/**
 * The lines of all files, in order. @param now as for `prepare`
 * @throws UserError when a file cannot be read
 */
export async function* readPrepared(files: readonly string[], now: number): AsyncGenerator<PreparedLine> {
  const wantsInput = files.includes('-')
  const worker = new Worker(
    new URL(`./read-deliveries-worker${extname(import.meta.filename)}`, import.meta.url),
    {
      workerData: { files, now } satisfies ReaderInput,
      stdin: wantsInput,
    },
  )
  if (wantsInput && worker.stdin) process.stdin.pipe(worker.stdin)
  try {
    // Holds what comes while nobody waits, which `once` would lose.
    for await (const [message] of on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[FromReader]>) {
      if ('problem' in message) throw new UserError(message.problem)
      if ('done' in message) return
      worker.postMessage('more')
      yield* message.lines
    }
    throw new Error('the thread that reads the files ended too early')
  } finally {
    await worker.terminate()
  }
}
