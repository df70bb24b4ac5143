/** A GitHub Enterprise Server: everything lies below /api/v3 and /api/graphql, and nothing is asked for elsewhere. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startFakeGitHub } from '../../fake-github/fake-github.ts'
import { addInstallation } from '../../fake-github/seed.ts'
import { readConfig } from '../../src/config.ts'
import { readRequirements } from '../../src/db/required.ts'
import type { Deps } from '../../src/deps.ts'
import { assignOrphanHeads } from '../../src/features/backfill/orphan-results.ts'
import { readAllHistory } from '../../src/features/backfill/timer.ts'
import { reconcile } from '../../src/features/redelivery/redelivery.ts'
import { readRequiredJobs, refreshAllRequired } from '../../src/features/required-jobs/refresh.ts'
import { createProbot, gitHubOf } from '../../src/github/app.ts'
import { PRIVATE_KEY } from '../support/app.ts'
import { useDatabase } from '../support/database.ts'
import { checkRunDelivery } from '../support/deliveries.ts'
import { ms } from '../support/facts.ts'
import { seedHistory } from '../support/history.ts'
import { derive, LATER, readOnlyReport, recordAll } from '../support/pipeline.ts'
import { startServerVariant } from '../support/server-variants.ts'

const db = useDatabase()

test('is read, reconciled and asked by GHE_HOST alone', async () => {
  await using fakeGitHub = await startFakeGitHub({ validate: true, app: { id: 1001, slug: 'flake-sla' } })
  addInstallation(fakeGitHub.state, 'acme', { id: 77 })
  const repository = seedHistory(fakeGitHub.state, { pulls: 6, statuses: 20 })
  const main = repository.branches.get('main')
  if (main) main.protection = { checks: [{ context: 'unit', appId: null }], enforcement: 'everyone' }
  const elsewhere: { path: RegExp; status: number } = { path: /^\/(?!api\/(v3\/|graphql$))/, status: 404 }
  const server = new URL(await startServerVariant(fakeGitHub, { refuses: [elsewhere] }))
  const config = readConfig({
    ...{ APP_ID: '1001', PRIVATE_KEY, WEBHOOK_SECRET: 'a secret' },
    ...{ GHE_HOST: server.host, GHE_PROTOCOL: 'http' },
  })
  const log = pino({ level: 'silent' })
  const settings = { baseUrl: config.apiUrl, log, throttle: false }
  const deps: Deps = {
    ...{ db: db(), now: () => ms(7 * 24 * 60), log, publicUrl: null, dryRun: false, commands: [] },
    github: gitHubOf(createProbot(config.app as NonNullable<typeof config.app>, settings), false, log),
    settingsOf: () => Promise.reject(new Error('not asked for')),
  }
  const untold = checkRunDelivery({ headSha: 'e'.repeat(40), minute: 6 * 24 * 60 })
  const payload = {
    ...untold.payload,
    repository: { ...(untold.payload.repository as object), id: repository.id },
  }
  await recordAll(db(), [{ ...untold, payload }])
  await derive(db(), { now: LATER })
  expect(await assignOrphanHeads(deps)).toBe(1)
  await reconcile(deps)
  await readAllHistory(deps, { alone: true, signal: new AbortController().signal, readRequiredJobs })
  await refreshAllRequired(deps)
  await derive(db(), { now: LATER })
  const { lists } = await readRequirements(db(), repository.id)
  expect(lists.map((list) => list.jobs?.map((job) => job.name))).toContainEqual(['unit'])
  expect((await readOnlyReport(db())).flakes.length).toBeGreaterThan(2)
  const asked = new Set(fakeGitHub.requests.map((one) => one.path))
  for (const path of ['/graphql', '/app/hook/deliveries', '/repos/acme/widgets/branches/main'])
    expect(asked).toContain(path)
  expect(fakeGitHub.requests.filter((one) => one.status === 404 || one.status === 501)).toEqual([])
  expect(fakeGitHub.violations).toEqual([])
})
