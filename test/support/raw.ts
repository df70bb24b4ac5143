/** Speaks HTTP a byte at a time: what no client library would send. */
import { connect } from 'node:net'

export interface RawAnswer {
  /** Everything that came back, as text. */
  text: string
  /** Status codes in it, in order. */
  statuses: number[]
  /** Whether the server ended the connection, and after how many ms; null while it was still open. */
  closedAfter: number | null
}

/**
 * Sends `parts` over one connection and gathers what comes back until the server closes it, or `patience` ms have passed.
 * @param pause ms between the parts
 */
export async function sendRaw(
  url: string,
  parts: Iterable<string | Buffer>,
  { patience = 1500, pause = 0 } = {},
): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const started = performance.now()
  const state = { text: '', closedAfter: null as number | null }
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      state.closedAfter = performance.now() - started
      resolve()
    })
  })
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    state.text += chunk.toString('latin1')
  })
  for (const part of parts) {
    if (socket.destroyed) break
    socket.write(part)
    if (pause > 0) await Promise.race([closed, sleep(pause)])
  }
  await Promise.race([closed, sleep(Math.max(1, patience - (performance.now() - started)))])
  const result = { ...state }
  socket.destroy()
  return {
    ...result,
    statuses: [...state.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code)),
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
