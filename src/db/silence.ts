/**
 * Ends connections to a database that has fallen silent: open, as far as this machine knows, and answering nothing, as
 * after a lost machine, a cut cable or a firewall that forgot. Without this a question would wait for a quarter of an
 * hour, or for ever, and everything behind it as well.
 */
import type { Socket } from 'node:net'
import pg from 'pg'

export interface SilenceLimits {
  /** How long a question may go unanswered until the server is asked whether it is there, in ms. */
  silenceMs: number
  /** How long the answer to that may take, in ms. */
  probeMs: number
}

export const SILENCE_LIMITS: SilenceLimits = { silenceMs: 10_000, probeMs: 5000 }

export interface SilenceWatch {
  /** Watches one question on a connection. A slow answer is waited for as long as the server can be reached. */
  question(client: pg.Client, answer: Promise<unknown>): void
}

/** A watch for all connections to one server: many that wait at the same time ask it once. */
export function watchSilence(url: string, limits: SilenceLimits = SILENCE_LIMITS): SilenceWatch {
  let probing: Promise<boolean> | null = null
  const probe = () => {
    probing ??= isThere(url, limits.probeMs).finally(() => {
      probing = null
    })
    return probing
  }
  return {
    question(client, answer) {
      let timer: NodeJS.Timeout | null = null
      let isOver = false
      const look = async () => {
        if (await probe()) return arm()
        if (!isOver) socketOf(client).destroy(new Error('the database is silent: connection terminated'))
      }
      const arm = () => {
        if (!isOver) timer = setTimeout(() => void look(), limits.silenceMs).unref()
      }
      const end = () => {
        isOver = true
        if (timer) clearTimeout(timer)
      }
      arm()
      answer.then(end, end)
    },
  }
}

function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream
}

/** Whether the server answers a new connection, if only to refuse it: then it is there, and busy with what it was asked. */
async function isThere(url: string, probeMs: number): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: probeMs,
    query_timeout: probeMs,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch (error) {
    return error instanceof pg.DatabaseError
  } finally {
    socketOf(client).destroy()
  }
}
