/** No secret is printed: the program is taken through its error paths, and all of its output is searched. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { WEBHOOK_PATH } from '../src/server/http.ts'
import { signatureOf } from './support/app.ts'
import { commentDelivery, pullRequestDelivery } from './support/deliveries.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const SECRET = 'canary-webhook-secret'
const PASSWORD = 'canary-password'
const TOKEN = 'ghs_canaryInstallationToken'
const { privateKey: KEY } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})
const KEY_LINES = KEY.split('\n').filter((line) => line.length > 40)
const SECRETS = [SECRET, PASSWORD, TOKEN, ...KEY_LINES]

function expectNoSecret(output: string): void {
  for (const secret of SECRETS) expect(output.includes(secret) ? `said ${secret} in ${output}` : '').toBe('')
}

function run(env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-secrets-'))
  const app = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { PORT: '0', LOG_LEVEL: 'trace', DATA_DIR: join(folder, 'db'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const heard = { said: '' }
  for (const stream of [app.stdout, app.stderr]) stream.on('data', (chunk) => (heard.said += chunk))
  const ended = new Promise<number | null>((resolve) => app.once('close', resolve))
  onTestFinished(async () => {
    app.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  return { app, heard, ended }
}

/** A GitHub that issues a token and then fails in every way, quoting the token in its responses. */
async function startFailingGitHub(): Promise<{ port: number; asked: string[] }> {
  const requests: string[] = []
  const statuses = [401, 403, 404, 422, 500, 502]
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json')
    if (request.url?.includes('/access_tokens')) {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      return response.writeHead(201).end(JSON.stringify({ token: TOKEN, expires_at, permissions: {} }))
    }
    response.writeHead(statuses[requests.length % statuses.length] ?? 500)
    response.end(JSON.stringify({ message: 'It failed.', documentation_url: 'https://docs.example' }))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, asked: requests }
}

const APP = { APP_ID: '1', PRIVATE_KEY: KEY, WEBHOOK_SECRET: SECRET }

test('an app whose GitHub fails prints no secret in logs, responses or pages', async () => {
  const github = await startFailingGitHub()
  const { app, heard, ended } = run({ ...APP, GHE_HOST: `127.0.0.1:${github.port}`, GHE_PROTOCOL: 'http' })
  await expect.poll(() => heard.said, { timeout: 40_000 }).toMatch(/listens on \S+/)
  const url = /listens on (\S+)/.exec(heard.said)?.[1] ?? ''
  const answers: string[] = []
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${url}${path}`, { redirect: 'manual', ...init })
    answers.push([...answer.headers, await answer.text()].join('\n'))
  }
  for (const { id, name, payload } of [
    pullRequestDelivery(),
    commentDelivery({ body: '/flake-report' }),
    { id: 'broken', name: 'check_run', payload: { check_run: 7 } },
  ]) {
    const body = JSON.stringify(payload)
    const headers = { 'x-github-delivery': id, 'x-github-event': name }
    await ask(WEBHOOK_PATH, {
      method: 'POST',
      body,
      headers: { ...headers, 'x-hub-signature-256': signatureOf(body, SECRET) },
    })
    await ask(WEBHOOK_PATH, {
      method: 'POST',
      body,
      headers: { ...headers, 'x-hub-signature-256': 'sha256=0' },
    })
  }
  for (const path of [
    '/',
    '/status',
    '/help',
    '/metrics',
    '/probot',
    '/acme/widgets',
    '/acme/%00',
    '/api/v1/x',
  ])
    await ask(path)
  await expect.poll(() => heard.said, { timeout: 20_000 }).toContain('task failed')
  expect(github.asked.length).toBeGreaterThan(0)
  app.kill('SIGTERM')
  await ended
  expect(heard.said).toContain('webhooks refused')
  expectNoSecret(heard.said)
  expectNoSecret(answers.join('\n'))
}, 90_000)

test.each([
  ['a database that does not answer', { DATABASE_URL: `postgres://u:${PASSWORD}@127.0.0.1:1/x` }],
  ['an address with a typing error', { DATABASE_URL: `postgresq://u:${PASSWORD}@127.0.0.1/x` }],
  ['an invalid address', { DATABASE_URL: `postgres://u:${PASSWORD}@127.0.0.1:port/x` }],
  ['an invalid key', { PRIVATE_KEY: `-----BEGIN RSA PRIVATE KEY-----\n${KEY_LINES[0]}\n` }],
  ['a secret without the rest', { APP_ID: '' }],
  ['an invalid port', { PORT: SECRET }],
])(
  '%s ends the start without a secret',
  async (_name, env) => {
    const { heard, ended, app } = run({ ...APP, ...env })
    await Promise.race([ended, expect.poll(() => heard.said, { timeout: 40_000 }).toContain('listens on')])
    app.kill('SIGTERM')
    await ended
    expect(heard.said.length).toBeGreaterThan(20)
    expectNoSecret(heard.said)
  },
  60_000,
)

test('an invalid database address is refused with an example, and not taken for a folder', () => {
  expect(() => readConfig({ DATABASE_URL: `postgresq://u:${PASSWORD}@h/x` })).toThrow(
    /postgres:\/\/user:password@host/,
  )
  expect(readConfig({ DATABASE_URL: 'postgres://u:p@h:5432/x' }).database).toBe('postgres://u:p@h:5432/x')
})
