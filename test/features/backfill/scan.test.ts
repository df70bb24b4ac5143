/** `scan` as a person runs it: a process with nothing but a token, which may be killed at any time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import type { ReplayReport, RepositoryReport } from '../../../src/cli/report-json.ts'
import { ms } from '../../support/facts.ts'
import { IS_FULL } from '../../support/full-check.ts'
import { historyDeliveries, seedHistory } from '../../support/history.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const SHIFTED_CLOCK = fileURLToPath(new URL('../../support/shifted-clock.ts', import.meta.url))
const KILLS = IS_FULL ? 5 : 2
/** Pages that the workers of one process read at once. */
const WORKERS = 6
/** The clocks of `scan` and the fake GitHub start ten days after the history, which has fixed dates. */
const CLOCK_OFFSET_MS = ms(10 * 24 * 60) - Date.now()
const now = () => Date.now() + CLOCK_OFFSET_MS

/** A fake GitHub with a history, a token that may read it, and an empty folder for databases. */
async function startHistory() {
  const fakeGitHub = await startFakeGitHub({ validate: true, now })
  const repository = seedHistory(fakeGitHub.state, { pulls: 40, statuses: 1200 })
  const { token } = addUserToken(fakeGitHub.state, 'octocat')
  const folder = await mkdtemp(join(tmpdir(), 'scan-'))
  onTestFinished(async () => {
    await fakeGitHub.close()
    await rm(folder, { recursive: true, force: true })
    expect(fakeGitHub.violations).toEqual([])
  })

  /** Starts `scan` with a database of this name in the folder. */
  function scan(database: string, env: Record<string, string> = {}, repositoryName = 'acme/widgets') {
    const address = new URL(fakeGitHub.web)
    const words = ['scan', repositoryName, '--json', '--days', '14']
    return startCli([...words, '--database-url', join(folder, database)], {
      ...{ GHE_HOST: address.host, GHE_PROTOCOL: 'http', GITHUB_TOKEN: token },
      ...env,
    })
  }

  /** The report of `replay` on the webhooks of the history. */
  async function replay(): Promise<RepositoryReport> {
    const github = { state: fakeGitHub.state, api: fakeGitHub.url, web: fakeGitHub.web, now }
    const file = join(folder, 'webhooks.ndjson')
    const lines = historyDeliveries(github, repository).map((delivery) => JSON.stringify(delivery))
    await writeFile(file, `${lines.join('\n')}\n`)
    const { out } = await exitOf(startCli(['replay', file, '--json']))
    const { repositories } = JSON.parse(out) as ReplayReport
    return repositories[0] as RepositoryReport
  }

  return { fakeGitHub, scan, replay }
}

function startCli(words: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['--import', SHIFTED_CLOCK, MAIN, ...words], {
    env: { PATH: process.env.PATH, CLOCK_OFFSET_MS: String(CLOCK_OFFSET_MS), ...env },
  })
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (part: Buffer) => (texts.out += part))
  child.stderr?.on('data', (part: Buffer) => (texts.err += part))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...texts }
}

/** Kills a process once GitHub has received this many more requests. */
async function killAfter({ requests }: FakeGitHub, child: ChildProcess, count: number): Promise<void> {
  const limit = requests.length + count
  const watch = setInterval(() => requests.length >= limit && child.kill('SIGKILL'), 2)
  await exitOf(child)
  clearInterval(watch)
}

/** A report without what depends on when the facts arrived: the revision of a window, and whether it is still partial. */
function figuresOf({ flakes, windows, retests, required, last_event_at }: RepositoryReport) {
  const figures = (all: typeof windows.day) => all.map(({ revision: _r, partial: _p, ...window }) => window)
  return { flakes, day: figures(windows.day), week: figures(windows.week), retests, required, last_event_at }
}

test('a scan that was killed several times prints the same report as one that was not, and repeats no stored page', async () => {
  const { fakeGitHub, scan, replay } = await startHistory()
  const uninterrupted = await exitOf(scan('uninterrupted'))
  expect([uninterrupted.code, uninterrupted.err]).toEqual([
    0,
    expect.stringMatching(/43 of 43 pull requests, rate limit left/),
  ])
  const from = fakeGitHub.requests.length
  for (let kill = 0; kill < KILLS; kill++) await killAfter(fakeGitHub, scan('killed'), 12)
  const resumed = await exitOf(scan('killed'))
  const report = JSON.parse(resumed.out) as RepositoryReport
  expect(report).toEqual(JSON.parse(uninterrupted.out))
  expect(figuresOf(report)).toEqual(figuresOf(await replay()))
  expect(report.flakes.length).toBeGreaterThan(15)
  const requests = fakeGitHub.requests.slice(from).filter(({ path }) => /check-runs|attempts/.test(path))
  const repeated = requests.length - new Set(requests.map(({ path }) => path)).size
  expect(repeated).toBeLessThanOrEqual(KILLS * WORKERS)
}, 300_000)

test.each([
  ['no token', { GITHUB_TOKEN: '' }, 'acme/widgets', /^GITHUB_TOKEN is not set/],
  ['a wrong token', { GITHUB_TOKEN: 'wrong' }, 'acme/widgets', /^GitHub rejected the token/],
  ['an unknown repository', {}, 'acme/nothing', /does not exist/],
])(
  'a scan with %s prints one sentence and exits with 2',
  async (_what, env, repositoryName, sentence) => {
    const { scan } = await startHistory()
    const { code, out, err } = await exitOf(scan('unused', env, repositoryName))
    expect([code, out, err.trim().split('\n')]).toEqual([2, '', [expect.stringMatching(sentence)]])
  },
  120_000,
)
