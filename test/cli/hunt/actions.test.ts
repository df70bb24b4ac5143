/** `hunt --ref` on the command line, from the first attempt to the stored series, against the fake GitHub. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { HuntAnswer } from '@flake-sla/hunt'
import { expect, test } from 'vitest'
import { startFakeGitHub } from '../../../fake-github/fake-github.ts'
import { addBranch, addRepository, setRole, shaOf } from '../../../fake-github/seed.ts'
import { addWorkflowRun } from '../../../fake-github/seed-ci.ts'
import { addUserToken } from '../../../fake-github/seed-tokens.ts'
import { openDatabase } from '../../../src/db/client.ts'
import { migrate } from '../../../src/db/migrate.ts'
import { createServerDatabase } from '../../support/database.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const AT = '2026-02-03T04:00:00.000Z'

test('repeats a job, stores the hunt, and does not count refused attempts', {
  timeout: 120_000,
}, async () => {
  const fakeGitHub = await startFakeGitHub({ validate: true })
  const repository = addRepository(fakeGitHub.state, { owner: 'acme', name: 'widgets' })
  setRole(fakeGitHub.state, repository, 'octo', 'write')
  addBranch(repository, 'hunted', shaOf('x'))
  const job = { name: 'unit', conclusion: 'success' as const, startedAt: AT, completedAt: AT }
  const seed = { name: 'CI', sha: shaOf('x'), branch: 'hunted', event: 'push', at: AT }
  const run = addWorkflowRun(fakeGitHub.state, repository, { ...seed, attempts: [[job]] })
  const ticking = setInterval(() => {
    const attempt = run.attempts.at(-1)
    if (attempt?.status === 'completed') return
    for (const one of attempt?.jobs ?? [])
      Object.assign(one, { status: 'completed', conclusion: 'failure', completedAt: one.startedAt })
    Object.assign(attempt ?? {}, { status: 'completed', conclusion: 'failure' })
  }, 50)
  const DATABASE_URL = await createServerDatabase()
  const { db, close } = await openDatabase(DATABASE_URL)
  await migrate(db)
  // The app knows this repository: what the hunt has run there must not count.
  const row = { repository_id: 1001, full_name: 'Acme/widgets', private: false, reported_at: AT }
  await db.insertInto('repository').values(row).execute()
  const env = {
    ...process.env,
    DATABASE_URL,
    GITHUB_API_URL: fakeGitHub.url,
    GITHUB_TOKEN: addUserToken(fakeGitHub.state, 'octo').token,
  }
  const hunt = (more: object, ...words: string[]) =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [MAIN, 'hunt', ...words],
        { env: { ...env, ...more } },
        (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
      )
    })
  const asked = ['--repository', 'acme/widgets', '--job', 'unit', '--ref', 'hunted', '--json']
  const first = await hunt({}, ...asked, '--until-failure')
  expect(first.stderr).toMatch(/Stored as unit; resume with hunt --resume unit/)
  expect(JSON.parse(first.stdout) as HuntAnswer).toMatchObject({
    runs: 1,
    failed: 1,
    ending: 'until_failure',
  })
  const { id: run_id, suiteId: suite_id } = run
  expect(await db.selectFrom('hunted_attempt').selectAll().execute()).toMatchObject([
    { repository_id: 1001, head_sha: shaOf('x'), run_id, suite_id, attempt: 2, until_at: expect.any(String) },
  ])
  expect(await db.selectFrom('stale_head').select('head_sha').distinct().execute()).toEqual([
    { head_sha: shaOf('x') },
  ])
  expect((await hunt({}, 'list')).stdout).toMatch(/unit +1 +1 +0%/)
  expect(fakeGitHub.violations).toEqual([])

  // As while it is under way.
  await db.updateTable('hunt').set({ ended_at: null, answer: null }).execute()
  const shown = await hunt({}, 'show', 'unit')
  expect(shown.stderr).toBe('unit has not ended; this is its answer so far.\n')
  expect(shown.stdout).toMatch(/^Undecided: 1 of 1 run failed/)

  for (const [more, words, sentence] of [
    [{ GITHUB_TOKEN: '' }, asked, /Set GITHUB_TOKEN/],
    [{}, ['--ref', 'hunted', '--repository', 'acme/widgets'], /--job is missing/],
    [{}, ['--resume', 'nothing'], /no hunt nothing on GitHub Actions/],
  ] as const) {
    const { status, stderr } = await hunt(more, ...words)
    expect([status, stderr]).toEqual([2, expect.stringMatching(sentence)])
  }
  clearInterval(ticking)
  await close()
  await fakeGitHub.close()
})
