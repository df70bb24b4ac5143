/** The worker thread that reads and prepares recorded deliveries. `read-deliveries.ts` starts it. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { isUserError } from '../domain/user-error.ts'
import { prepare } from '../intake/prepare.ts'
import { type Line, readDeliveries } from './deliveries.ts'
import type { FromReader, PreparedLine, ReaderInput } from './read-deliveries.ts'

const BATCH_LINES = 250
/** Batches that were sent but not yet consumed. */
const MAX_AHEAD = 3

const port = parentPort
if (port) {
  const send = (message: FromReader) => port.postMessage(message)
  try {
    await readAll(workerData as ReaderInput, send)
    send({ done: true })
  } catch (error) {
    if (!isUserError(error)) throw error
    send({ problem: error.message })
  }
  port.close()
}

async function readAll({ files, now }: ReaderInput, send: (message: FromReader) => void): Promise<void> {
  let lines: PreparedLine[] = []
  let ahead = 0
  port?.on('message', () => {
    ahead--
  })
  for (const file of files) {
    for await (const line of readDeliveries(file)) {
      lines.push(prepareLine(line, now))
      if (lines.length < BATCH_LINES) continue
      send({ lines })
      lines = []
      ahead++
      while (ahead >= MAX_AHEAD && port) await once(port, 'message')
    }
  }
  if (lines.length > 0) send({ lines })
}

function prepareLine(line: Line, now: number): PreparedLine {
  const at = { file: line.file, line: line.line }
  if ('reason' in line) return { at, prepared: { outcome: 'unread', reason: `the line ${line.reason}` } }
  return { at, prepared: prepare(line.delivery, now) }
}
