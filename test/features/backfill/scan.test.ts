/** `scan` run as a command with only a token, and killed while it reads. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import type { Repository } from '../../../fake-github/state.ts'
import type { ReplayReport, RepositoryReport } from '../../../src/cli/report-json.ts'
import { historyDeliveries, seedHistory } from '../../support/history.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const KILLS = 5
/** `--days` that reach back to the history of these tests, in February 2026. */
const DAYS = String(Math.min(400, Math.ceil((Date.now() - Date.UTC(2026, 1, 1)) / 86_400_000)))
let fakeGitHub: FakeGitHub
let repository: Repository
let token: string
let folder: string

beforeAll(async () => {
  fakeGitHub = await startFakeGitHub({ validate: true })
  repository = seedHistory(fakeGitHub.state, { pulls: 40, statuses: 1200 })
  token = addUserToken(fakeGitHub.state, 'octocat').token
  folder = await mkdtemp(join(tmpdir(), 'scan-'))
})
afterAll(async () => {
  await fakeGitHub.close()
  await rm(folder, { recursive: true, force: true })
  expect(fakeGitHub.violations).toEqual([])
})

function scan(data: string, more: Record<string, string> = {}, name = 'acme/widgets'): ChildProcess {
  const address = new URL(fakeGitHub.web)
  const database = ['--database-url', join(folder, data)]
  return spawn(process.execPath, [MAIN, 'scan', name, '--json', '--days', DAYS, ...database], {
    env: {
      PATH: process.env.PATH,
      GHE_HOST: address.host,
      GHE_PROTOCOL: 'http',
      GITHUB_TOKEN: token,
      ...more,
    },
  })
}

async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (part: Buffer) => (texts.out += part))
  child.stderr?.on('data', (part: Buffer) => (texts.err += part))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...texts }
}

/** Kills the process after so many more requests to GitHub, and waits for its end. */
async function killedAfter(child: ChildProcess, requests: number): Promise<void> {
  const enough = fakeGitHub.requests.length + requests
  const watch = setInterval(() => fakeGitHub.requests.length >= enough && child.kill('SIGKILL'), 2)
  await ended(child)
  clearInterval(watch)
}

/** The report that `replay` makes of the webhooks of the same events. */
async function replayed(): Promise<RepositoryReport> {
  const github = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now: Date.now }
  const file = join(folder, 'webhooks.ndjson')
  const lines = historyDeliveries(github, repository).map((delivery) => JSON.stringify(delivery))
  await writeFile(file, `${lines.join('\n')}\n`)
  const child = spawn(process.execPath, [MAIN, 'replay', file, '--json', '--as-of', new Date().toISOString()])
  const { repositories } = JSON.parse((await ended(child)).out) as ReplayReport
  return repositories[0] as RepositoryReport
}

/** A report without what depends on when the facts arrived: the revision of a window, and whether it is still partial. */
function figuresOf({ flakes, windows, retests, required, last_event_at }: RepositoryReport) {
  const plain = (all: typeof windows.day) => all.map(({ revision: _r, partial: _p, ...window }) => window)
  return { flakes, day: plain(windows.day), week: plain(windows.week), retests, required, last_event_at }
}

describe('scan', () => {
  test('killed five times and run again prints the same report as the webhooks, and does not request stored pages again', async () => {
    const whole = await ended(scan('whole'))
    expect([whole.code, whole.err]).toEqual([0, expect.stringMatching(/43 of 43 pull requests, rate left/)])
    const from = fakeGitHub.requests.length
    for (let kill = 0; kill < KILLS; kill++) await killedAfter(scan('killed'), 12)
    const last = await ended(scan('killed'))
    expect(JSON.parse(last.out)).toEqual(JSON.parse(whole.out))
    expect(figuresOf(JSON.parse(last.out))).toEqual(figuresOf(await replayed()))
    expect((JSON.parse(last.out) as RepositoryReport).flakes.length).toBeGreaterThan(15)
    const pages = fakeGitHub.requests.slice(from).filter(({ path }) => /check-runs|attempts/.test(path))
    const repeated = pages.length - new Set(pages.map(({ path }) => path)).size
    // Each kill can interrupt six requests.
    expect(repeated).toBeLessThanOrEqual(KILLS * 6)
  }, 300_000)

  test('prints one line about what is wrong', async () => {
    const outcome = async (more: Record<string, string>, name?: string) => {
      const { code, err, out } = await ended(scan('none', more, name))
      return [code, err.trim().split('\n').length, err.trim(), out]
    }
    expect(await outcome({ GITHUB_TOKEN: '' })).toEqual([
      2,
      1,
      expect.stringMatching(/^GITHUB_TOKEN is not set/),
      '',
    ])
    expect(await outcome({ GITHUB_TOKEN: 'wrong' })).toEqual([
      2,
      1,
      expect.stringMatching(/does not accept/),
      '',
    ])
    expect(await outcome({}, 'acme/nothing')).toEqual([2, 1, expect.stringMatching(/does not exist/), ''])
  }, 60_000)
})
