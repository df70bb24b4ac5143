/** Only the person who started the process can set the app up: strangers and other sites could otherwise replace the app with theirs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { startApp } from '../../src/start.ts'

async function startUnset() {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-set-up-'))
  const home = process.cwd()
  // Probot writes .env to the working directory.
  process.chdir(folder)
  const config = { ...readConfig({}), host: '127.0.0.1', port: 0, logLevel: 'silent' }
  const app = await startApp(config, { timers: false, database: await openDatabase('memory') })
  onTestFinished(async () => {
    await app.close()
    process.chdir(home)
    rmSync(folder, { recursive: true, force: true })
    for (const name of ['APP_ID', 'PRIVATE_KEY', 'WEBHOOK_SECRET']) delete process.env[name]
  })
  return { app, written: () => readFileSync(join(folder, '.env'), 'utf8') }
}

const FORGED = JSON.stringify({
  appId: '666',
  pem: 'the key of another app',
  webhook_secret: 'known to them',
})

test('is closed to strangers, open by the printed address, and takes no form of another site', async () => {
  const { app, written } = await startUnset()
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${app.url}${path}`, { redirect: 'manual', ...init })
  const post = (headers: Record<string, string>) =>
    ask('/probot/import', { method: 'POST', body: FORGED, headers })

  expect((await ask('/probot')).status).toBe(403)
  expect((await ask('/probot?key=wrong')).status).toBe(403)
  expect((await ask('/probot/setup?code=abc')).status).toBe(403)
  expect((await post({ 'content-type': 'text/plain' })).status).toBe(403)
  expect((await post({ cookie: 'flake-sla-set-up=wrong', origin: app.url })).status).toBe(403)

  const opened = await ask(new URL(app.setUpUrl ?? '').pathname + new URL(app.setUpUrl ?? '').search)
  expect(opened.status).toBe(303)
  const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';')
  expect(opened.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/)

  expect((await post({ cookie })).status).toBe(403)
  expect((await post({ cookie, origin: 'https://evil.example' })).status).toBe(403)
  expect((await post({ cookie, origin: 'null' })).status).toBe(403)
  expect(written).toThrow()

  const page = await ask('/probot', { headers: { cookie } })
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('Register GitHub App')
  expect((await post({ cookie, origin: app.url })).status).toBe(200)
  expect(written()).toContain('APP_ID=666')
})

test('is off in production', async () => {
  const { app } = await startUnset()
  process.env.NODE_ENV = 'production'
  onTestFinished(() => {
    process.env.NODE_ENV = 'test'
  })
  const answer = await fetch(app.setUpUrl ?? '', { redirect: 'manual' })
  expect(await answer.text()).toMatch(/off in production/)
})
