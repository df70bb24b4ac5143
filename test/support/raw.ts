/** Sends HTTP that no client library would send. */
import { connect } from 'node:net'

export interface RawAnswer {
  /** The whole response, as text. */
  text: string
  /** The status codes in the response, in order. */
  statuses: number[]
  /** After how many ms the server closed the connection; null while it was open. */
  closedAfter: number | null
}

/**
 * Sends `parts` over one connection and reads the response until the server closes it or `timeout` ms have passed.
 * @param pause ms between the parts
 */
export async function sendRaw(
  url: string,
  parts: Iterable<string | Buffer>,
  { timeout = 1500, pause = 0 } = {},
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
  await Promise.race([closed, sleep(Math.max(1, timeout - (performance.now() - started)))])
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
