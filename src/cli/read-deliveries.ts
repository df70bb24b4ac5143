/**
 * Reads and prepares recorded deliveries in a worker thread. Decompressing and parsing takes longer than recording, so both run
 * in parallel.
 */
import { on } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { UserError } from '../domain/user-error.ts'
import type { Prepared } from '../intake/prepare.ts'

/** A line of a file: the prepared delivery, or why it could not be read. */
export interface PreparedLine {
  at: { file: string; line: number }
  prepared: Prepared | { outcome: 'unread'; reason: string }
}

/** The input of the thread, and its messages: batches of lines, acknowledged with `more`, then the end or an error sentence. */
export interface ReaderInput {
  files: readonly string[]
  now: number
}
export type FromReader = { lines: PreparedLine[] } | { done: true } | { problem: string }

/**
 * The lines of all files in order. @param now as for `prepare`
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
    // `on` buffers messages that arrive while nothing awaits them; `once` would lose them.
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
