/** A hunt on a fake cluster on loopback, through the real client and a real kubeconfig. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answerOf } from '../../src/answer.ts'
import { openCluster } from '../../src/kubernetes/cluster.ts'
import { huntOnCluster } from '../../src/kubernetes/hunt.ts'
import { jobManifest } from '../../src/kubernetes/manifest.ts'
import { GOAL } from '../hunts.ts'
import { type ClusterApi, type PodEnd, startClusterApi } from './api.ts'
import { refusals, violations } from './schema.ts'

const SETTINGS = {
  name: 'hunt-1',
  namespace: 'tests',
  image: 'registry.example.org/x:1',
  command: ['make', 'test'],
  runs: 12,
  parallel: 4,
  timeoutMs: 600_000,
  cpu: '500m',
  memory: '1Gi',
  goal: GOAL,
  untilFailure: false,
  allRuns: true,
}
const PATIENCE = { pollMs: 300, pullMs: 500 }

let api: ClusterApi | null = null

beforeEach(() => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '')
})
afterEach(async () => {
  await api?.close()
  api = null
  vi.unstubAllEnvs()
})

async function cluster(program: (index: number, attempt: number) => PodEnd) {
  api = await startClusterApi(program)
  const file = join(mkdtempSync(join(tmpdir(), 'flake-sla-test-')), 'config')
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'here', cluster: { server: api.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'me', user: {} }],
      contexts: [{ name: 'here', context: { cluster: 'here', user: 'me', namespace: 'tests' } }],
      'current-context': 'here',
    }),
  )
  vi.stubEnv('KUBECONFIG', file)
  return { api, opened: await openCluster(null) }
}

async function hunt(
  program: (index: number, attempt: number) => PodEnd,
  fields: Partial<typeof SETTINGS> = {},
  controller = new AbortController(),
  onCount: (many: number) => void = () => {},
) {
  const { api: started, opened } = await cluster(program)
  expect(opened.namespace).toBe('tests')
  const numbers: number[] = []
  const settings = { ...SETTINGS, ...fields }
  const { hunt: hunted, images } = await huntOnCluster(
    opened.cluster,
    settings,
    { signal: controller.signal, onRun: (run) => onCount(numbers.push(run.number)) },
    PATIENCE,
  )
  expect(started.violations).toEqual([])
  expect(started.jobs.size).toBe(0)
  return { hunted, images, numbers, api: started }
}

describe('the manifest', () => {
  test('conforms to the Kubernetes schema, and the API server accepts it', () => {
    const manifest = jobManifest(SETTINGS)
    expect(violations(manifest, 'V1Job')).toEqual([])
    expect(refusals(manifest)).toEqual([])
  })

  test('the schema check finds a mistake', () => {
    const manifest = jobManifest(SETTINGS)
    const wrong = { ...manifest, spec: { ...manifest.spec, completion: 3, parallelism: '4' } }
    expect(violations(wrong, 'V1Job')).toEqual([
      'V1Job.spec.parallelism is not a number',
      'V1Job.spec has no completion',
    ])
    const bare = {
      ...manifest,
      spec: { template: { spec: { containers: [] } }, podFailurePolicy: { rules: [] } },
    }
    expect(refusals(bare)).toEqual(['podFailurePolicy: needs restartPolicy Never'])
  })
})

describe('a hunt on a cluster', () => {
  test('counts every index once, with node, exit code and the log of failures', async () => {
    const { hunted, images, numbers } = await hunt((index) =>
      index === 4
        ? { exitCode: 3, log: 'Error: lost 7 of 9\n', node: 'node-2' }
        : { node: `node-${index % 2}` },
    )
    expect(numbers).toHaveLength(12)
    expect(hunted.runs).toHaveLength(12)
    const failed = hunted.runs.filter((run) => run.outcome === 'failed')
    expect(failed).toMatchObject([
      { exit_code: 3, node: 'node-2', message: 'Error: lost 7 of 9', output: 'Error: lost 7 of 9\n' },
    ])
    expect(failed[0]?.duration_ms).toBeGreaterThan(1000)
    expect(images).toEqual(['registry.example.org/x@sha256:abc'])
  })

  test('an evicted pod is replaced and does not count as a failure', async () => {
    const { hunted } = await hunt((index, attempt) =>
      index === 2 && attempt === 0 ? { disrupted: true, exitCode: 143, podReason: 'Evicted' } : {},
    )
    const { runs, passed, failed, stopped } = answerOf(hunted)
    expect({ runs, passed, failed, stopped }).toEqual({ runs: 12, passed: 12, failed: 0, stopped: 1 })
    expect(hunted.runs.map((run) => run.number)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1))
  })

  test('out of memory and out of time are named', async () => {
    const ends: Record<number, PodEnd> = {
      1: { exitCode: 137, reason: 'OOMKilled', log: '' },
      2: { exitCode: 143, podReason: 'DeadlineExceeded', log: 'step 9\n' },
    }
    const { hunted } = await hunt((index) => ends[index] ?? {})
    const { memory, timed_out, groups } = answerOf(hunted)
    expect([memory.out_of_memory, timed_out]).toEqual([1, 1])
    expect(groups.map((group) => group.message).sort()).toEqual([
      'exit 137, killed (SIGKILL) because memory ran out',
      'time limit exceeded; last line: step 9',
    ])
  })

  test('a bad node is detected', async () => {
    const { hunted } = await hunt(
      (index) => (index % 4 === 3 ? { exitCode: 1, log: '', node: 'bad' } : { node: 'good' }),
      {
        runs: 40,
      },
    )
    expect(answerOf(hunted).concentration).toMatchObject([{ by: 'node', value: 'bad', failed: 10, runs: 10 }])
  })

  test('ends when the answer is known, and deletes the Job', async () => {
    const { hunted, api: used } = await hunt(() => ({ exitCode: 1, log: 'x' }), {
      runs: 10_000,
      allRuns: false,
    })
    expect(hunted).toMatchObject({ ending: 'decided', missed: true })
    expect(hunted.runs.length).toBeLessThan(50)
    expect(used.requests.at(-1)).toMatch(/^DELETE .*\/jobs\/hunt-1$/)
  })

  test('hundreds of pods are listed in pages', async () => {
    const { hunted } = await hunt(() => ({}), { runs: 1100, parallel: 300 })
    expect(hunted.runs).toHaveLength(1100)
  })

  test('a transient error of the cluster is retried', async () => {
    const { api: started, opened } = await cluster(() => ({}))
    started.failNext('GET /api/v1/namespaces/tests/pods', 503, 2)
    started.failNext('POST /apis/batch', 429)
    const { hunt: hunted } = await huntOnCluster(
      opened.cluster,
      SETTINGS,
      { signal: new AbortController().signal, onRun: () => {} },
      PATIENCE,
    )
    expect(hunted.runs).toHaveLength(12)
  })

  test('an interruption deletes the Job and reports the runs so far', async () => {
    const controller = new AbortController()
    const { hunted } = await hunt(
      (index) => (index < 3 ? {} : { forever: true }),
      {},
      controller,
      (many) => many === 3 && setTimeout(() => controller.abort(), 50),
    )
    expect(hunted.ending).toBe('interrupted')
    expect(hunted.runs).toHaveLength(3)
  })

  test('an image that cannot be pulled ends the hunt with a sentence', async () => {
    await expect(hunt(() => ({ waiting: 'ImagePullBackOff' }))).rejects.toThrow(
      'No pod can start registry.example.org/x:1: ImagePullBackOff: no such image',
    )
    expect(api?.jobs.size).toBe(0)
  })

  test('a refusal is reported in the cluster’s words', async () => {
    await expect(hunt(() => ({}), { name: 'Not A Label' })).rejects.toThrow(
      /refused \(422\): metadata\.name: must be a DNS label/,
    )
  })

  test('an unreachable cluster is reported', async () => {
    const { api: started, opened } = await cluster(() => ({}))
    await started.close()
    api = null
    await expect(opened.cluster.hasEnded('tests', 'x')).rejects.toThrow(/The cluster cannot be reached/)
  }, 30_000)

  test('an unknown context is reported with the available ones', async () => {
    await cluster(() => ({}))
    await expect(openCluster('other')).rejects.toThrow(
      'There is no Kubernetes context other. Available: here.',
    )
  })
})
