/** Starts server processes as an operator would, waits until they listen, and stops them by their process id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const SECRET = 'measured with this'
export const { privateKey: PRIVATE_KEY } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

export interface ServerProcess {
  url: string
  pid: number
  /** Its last output, if it exited by itself; else null. */
  failure(): string | null
  /** Stops it with SIGTERM. */
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Starts the app. It has no GitHub to talk to unless a fake one is given. */
export function startAppProcess(
  database: string,
  more: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  return startProcess(
    '../src/main.ts',
    {
      [/^postgres/.test(database) ? 'DATABASE_URL' : 'DATA_DIR']: database,
      DRY_RUN: 'on',
      LOG_LEVEL: 'error',
      ...more,
    },
    flags,
  )
}

/** Runs a server's file with the app's credentials. The server prints its address once it listens. */
export async function startProcess(
  file: string,
  more: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [...flags, path], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      APP_ID: '1',
      PRIVATE_KEY,
      WEBHOOK_SECRET: SECRET,
      PORT: '0',
      ...more,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const killIt = () => child.kill('SIGKILL')
  process.once('exit', killIt)
  child.once('exit', () => process.off('exit', killIt))
  const output = { last: '' }
  const url = await addressOf(child, output)
  let isStopping = false
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (hasEnded()) return
    isStopping = true
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  return {
    url,
    pid: child.pid ?? 0,
    failure: () =>
      !isStopping && hasEnded() ? `ended with ${child.exitCode ?? child.signalCode}: ${output.last}` : null,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

async function addressOf(child: ChildProcess, output: { last: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output.last}`)))
    child.stderr?.on('data', (chunk) => {
      output.last = `${output.last}${chunk}`.slice(-4000)
      const url = /http:\/\/\S+/.exec(output.last)?.[0]
      if (url && output.last.includes('\n')) resolve(url)
    })
  })
}
