/** `hunt --kubernetes` on the command line: the manifest that it prints, and a hunt on a cluster on loopback. */

import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Comparison, HuntAnswer } from '@flake-sla/hunt'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { startClusterApi } from '../../../packages/hunt/test/kubernetes/api.ts'
import { refusals, violations } from '../../../packages/hunt/test/kubernetes/schema.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

test('--dry-run prints a manifest that a cluster accepts', () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [
      MAIN,
      'hunt',
      '--kubernetes',
      'x:1',
      '--dry-run',
      '--runs',
      '500',
      '--memory',
      '1Gi',
      '--name',
      'My Cache!',
      '--',
      'make test && true',
    ],
    { encoding: 'utf8' },
  )
  const manifest = parse(stdout)
  expect(status).toBe(0)
  expect([...violations(manifest, 'V1Job'), ...refusals(manifest)]).toEqual([])
  expect(manifest.metadata.name).toMatch(/^hunt-my-cache-[a-z0-9]+$/)
  expect(manifest.spec).toMatchObject({ completions: 500, parallelism: 24, completionMode: 'Indexed' })
  expect(manifest.spec.template.spec.containers[0]).toMatchObject({
    image: 'x:1',
    command: ['/bin/sh', '-c', 'make test && true'],
    resources: { limits: { memory: '1Gi' } },
  })
})

test.each([
  [['--kubernetes', '--', 'true'], /needs an image/],
  [['--kubernetes', 'x', '--isolate', '--', 'true'], /only work for runs on this machine/],
  [['--kubernetes', 'x', '--memory', 'lots', '--', 'true'], /like 500m or 2Gi/],
  [['--dry-run', '--', 'true'], /--dry-run needs --kubernetes IMAGE/],
])('%j is refused', (options, sentence) => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'hunt', ...options], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, expect.stringMatching(sentence)])
})

test('hunts on a cluster, and compares two images there', { timeout: 120_000 }, async () => {
  const api = await startClusterApi((index, _attempt, image) =>
    image === 'old' && index % 3 === 0 ? { exitCode: 2, log: 'boom\n', node: 'bad' } : { node: 'good' },
  )
  const file = join(mkdtempSync(join(tmpdir(), 'flake-sla-test-')), 'config')
  const config = {
    clusters: [{ name: 'c', cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  }
  writeFileSync(file, JSON.stringify(config))
  const hunt = (...args: string[]) =>
    new Promise<{ status: number; stdout: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [MAIN, 'hunt', '--json', '--runs', '30', ...args],
        { env: { ...process.env, KUBECONFIG: file } },
        (_error, stdout) => resolve({ status: child.exitCode ?? -1, stdout }),
      )
    })
  const single = await hunt('--all-runs', '--kubernetes', 'old', '--', 'make', 'test')
  expect(JSON.parse(single.stdout) as HuntAnswer).toMatchObject({
    runs: 30,
    failed: 10,
    groups: [{ message: 'boom', count: 10, output: 'boom\n' }],
    concentration: [{ by: 'node', value: 'bad', failed: 10, runs: 10 }],
  })
  const both = await hunt('--kubernetes', '--compare', 'old', 'new', '--', 'make', 'test')
  const comparison = JSON.parse(both.stdout) as Comparison
  expect([comparison.before.failed, comparison.after.failed, comparison.decision, both.status]).toEqual([
    10,
    0,
    'better',
    0,
  ])
  expect(api.violations).toEqual([])
  expect(api.jobs.size).toBe(0)
  await api.close()
})
