import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addInstallation } from '../../fake-github/seed.ts'
import { examine } from '../../src/cli/doctor.ts'
import type { Finding } from '../../src/domain/finding.ts'
import { PRIVATE_KEY } from '../support/app.ts'

let fakeGitHub: FakeGitHub
let folder: string
beforeEach(async () => {
  const asked = parse(readFileSync('app.yml', 'utf8'))
  const { default_permissions: permissions, default_events: events } = asked
  fakeGitHub = await startFakeGitHub({
    validate: true,
    app: { id: 1001, slug: 'flake-sla', permissions, events },
  })
  folder = mkdtempSync(join(tmpdir(), 'flake-sla-doctor-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await fakeGitHub.close()
})

function settings(more: Record<string, string> = {}) {
  return {
    APP_ID: '1001',
    PRIVATE_KEY,
    WEBHOOK_SECRET: 'a secret',
    GHE_HOST: new URL(fakeGitHub.web).host,
    GHE_PROTOCOL: 'http',
    DATA_DIR: folder,
    ...more,
  }
}

function problems(findings: readonly Finding[]) {
  return findings.filter(({ level }) => level !== 'fine').map(({ check, says }) => `${check}: ${says}`)
}

test('a new installation only lacks migrations and deliveries', async () => {
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  fakeGitHub.state.app.webhookUrl = `${publicUrl}/api/github/webhooks`
  addInstallation(fakeGitHub.state, 'acme')
  const findings = await examine(settings({ PUBLIC_URL: publicUrl }))
  server.close()
  expect(problems(findings)).toEqual([
    'schema: The schema is not up to date.',
    'webhook deliveries: GitHub has sent nothing in the last days.',
  ])
  expect(fakeGitHub.violations).toEqual([])
})

test('missing permissions, missing events and unreachable addresses are reported with a fix', async () => {
  const { checks: _, ...permissions } = fakeGitHub.state.app.permissions
  fakeGitHub.state.app.permissions = { ...permissions, contents: 'write' }
  fakeGitHub.state.app.events = fakeGitHub.state.app.events.filter((event) => event !== 'status')
  fakeGitHub.state.app.webhookUrl = 'https://old.example.org/hook'
  addInstallation(fakeGitHub.state, 'acme', { permissions: { metadata: 'read' } })
  addInstallation(fakeGitHub.state, 'gone', { suspendedAt: '2026-01-01T00:00:00Z' })
  const findings = await examine(settings({ PUBLIC_URL: 'http://127.0.0.1:1' }))
  const text = problems(findings).join('\n')
  for (const part of [
    'does not ask for checks: write',
    'asks for more than app.yml: contents: write',
    'not sent status',
    'GitHub sends to https://old.example.org/hook, and this server is at http://127.0.0.1:1/api/github/webhooks',
    'installation acme: Not granted: checks: write',
    'installation gone: The installation is suspended',
    'http://127.0.0.1:1 cannot be reached from here',
  ])
    expect(text).toContain(part)
  for (const { level, todo } of findings) if (level !== 'fine') expect(todo).toMatch(/\.$/)
})

test.each([
  [
    'refused for their signature',
    [401, 401],
    /signature of the newest did not match.*WEBHOOK_SECRET differs/,
  ],
  [
    'lost on the way',
    [0, 200],
    /1 of the last 2 failed; GitHub says about the newest: .*Check that GitHub can reach/,
  ],
  ['answered again', [200, 401], /1 of the last 2 were not answered with success; the newest was/],
])('deliveries %s say so, with what to do', async (_what, codes, expected) => {
  addInstallation(fakeGitHub.state, 'acme')
  let code = 0
  const server = createServer((_request, response) => response.writeHead(code).end()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  for (const one of codes.toReversed()) {
    code = one
    fakeGitHub.state.app.webhookUrl = one === 0 ? 'http://127.0.0.1:9/' : address
    await fakeGitHub.deliver({ name: 'ping', payload: { zen: 'Keep it simple.' }, recorded: true })
  }
  const findings = await examine(settings())
  server.close()
  const found = findings.find(({ check }) => check === 'webhook deliveries')
  expect(`${found?.says} ${found?.todo}`).toMatch(expected)
})

test('credentials that GitHub rejects are reported', async () => {
  fakeGitHub.failNext({ path: /^\/app$/, status: 401, times: 5 })
  const findings = await examine(settings())
  expect(problems(findings).join('\n')).toContain('app credentials: GitHub rejected them.')
})

test('an invalid configuration is the only finding', async () => {
  expect(await examine({ APP_ID: 'seven' })).toMatchObject([{ check: 'configuration', level: 'wrong' }])
})

test('an app that is not registered yet is directed to the setup page', async () => {
  const findings = await examine({ DATA_DIR: folder })
  expect(findings.at(-1)).toMatchObject({ check: 'app credentials', level: 'wrong' })
})
