/** `scan` without a process: a fake GitHub whose clock a test sets, and a database that the scans share. */
import { onTestFinished } from 'vitest'
import { type FakeGitHub, startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addRepository, setRole } from '../../fake-github/seed.ts'
import { addApp } from '../../fake-github/seed-ci.ts'
import { addUserToken } from '../../fake-github/seed-tokens.ts'
import type { Conclusion, Repository } from '../../fake-github/state.ts'
import { type RepositoryReport, readReport } from '../../src/cli/report-json.ts'
import { scanRepository } from '../../src/cli/scan-repository.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { readRepositoryById } from '../../src/db/repositories.ts'
import { tokenOctokit } from '../../src/github/token-client.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { openEmbedded } from './database.ts'
import { at, ms } from './facts.ts'
import { type ServerVariant, startServerVariant } from './server-variants.ts'

export const OTHER_CI = 77_001
export const DAY = 24 * 60

export interface ScanOptions {
  days?: number
  signal?: AbortSignal
  /** A database of its own instead of the shared one. */
  into?: OpenDatabase
  /** Behaves differently from the fake GitHub. */
  variant?: ServerVariant
}

/** A job of Actions, or a check run of another app: four minutes long. `minute` is when it completed. */
export function job(name: string, conclusion: Conclusion | null, minute: number) {
  const completedAt = conclusion === null ? null : time(minute)
  return { name, conclusion, startedAt: time(minute - 4), completedAt }
}

export interface TestScans {
  fakeGitHub: FakeGitHub
  repository: Repository
  /** `now` is minutes after the start of the tests' clock. */
  clock: { minute: number }
  database: OpenDatabase
  scan(options?: ScanOptions): Promise<RepositoryReport>
  /** Scans with an empty database. */
  scanAfresh(options?: ScanOptions): Promise<RepositoryReport>
  /** Requests since the last call, as method and path. */
  requests(): string[]
}

/** Whole seconds, as GitHub writes its times; `minute` after the start. */
export function time(minute: number): string {
  return at(minute).replace('.000Z', 'Z')
}

/**
 * A fake GitHub with the empty repository `acme/widgets`, its fork `octocat/widgets` and two apps that report results. The
 * token belongs to an administrator, who may read how long results are kept.
 */
export async function startScans(minute = 7 * DAY, { isAdmin = true } = {}): Promise<TestScans> {
  const clock = { minute }
  const now = () => ms(clock.minute)
  const fakeGitHub = await startFakeGitHub({ now, validate: true })
  const { state } = fakeGitHub
  const repository = addRepository(state, { owner: 'acme', name: 'widgets', createdAt: time(-90 * DAY) })
  if (isAdmin) setRole(state, repository, 'octocat', 'admin')
  addRepository(state, { owner: 'octocat', name: 'widgets', forkOf: 'acme/widgets' })
  addApp(state)
  addApp(state, OTHER_CI, 'other-ci', 'Other CI')
  const { token } = addUserToken(state, 'octocat')
  const database = await openEmbedded()
  onTestFinished(async () => {
    await fakeGitHub.close()
    await database.close()
  })
  let counted = 0
  const scan = async ({ days = 14, signal, into = database, variant }: ScanOptions = {}) => {
    const url = variant ? await startServerVariant(fakeGitHub, variant) : fakeGitHub.url
    const octokitOf = () => tokenOctokit(token, url)
    const progressOf = () => ({ show: () => undefined, end: () => undefined })
    const work = { days, now, progressOf, signal: signal ?? new AbortController().signal }
    await scanRepository(into, octokitOf, 'acme/widgets', work)
    const row = await readRepositoryById(into.db, repository.id)
    if (!row) throw new Error('the repository is not stored')
    return readReport(into.db, row, await readStoredSettings(into.db, repository.id))
  }
  const scanAfresh = async (options: ScanOptions = {}) => {
    const into = await openEmbedded()
    return scan({ ...options, into }).finally(() => into.close())
  }
  const requests = () => {
    const added = fakeGitHub.requests.slice(counted)
    counted += added.length
    return added.map(({ method, path }) => `${method} ${path}`)
  }
  return { fakeGitHub, repository, clock, database, scan, scanAfresh, requests }
}
