/** Real processes: what they leave, how they are ended, and what is counted. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { huntLocally, type LocalSettings } from '../../src/local/pool.ts'
import type { HuntRun } from '../../src/run.ts'
import { GOAL } from '../hunts.ts'

const environment = { PATH: process.env.PATH ?? '' }

function settings(script: string, fields: Partial<LocalSettings> = {}): LocalSettings {
  return {
    command: ['/bin/sh', '-c', script],
    goal: GOAL,
    runs: 6,
    parallel: 3,
    timeoutMs: 20_000,
    untilFailure: false,
    allRuns: true,
    cwd: mkdtempSync(join(tmpdir(), 'flake-sla-test-')),
    env: environment,
    isolate: null,
    seed: null,
    junit: [],
    ...fields,
  }
}

function hunt(
  asked: LocalSettings,
  onRun: (run: HuntRun) => void = () => {},
  signal = new AbortController().signal,
) {
  return huntLocally(asked, { signal, onRun })
}

// With a seed each run is a process of ours; without, a shell starts it: both must give the same.
describe.each([
  ['by shells', { seed: null }],
  ['one by one', { seed: 5 }],
])('started %s', (_how, fields) => {
  test('every run has its number, worker, exit code and output', async () => {
    const { runs } = await hunt(
      settings(
        'echo "run $FLAKE_SLA_RUN on $FLAKE_SLA_WORKER"; echo "Error: odd" >&2; exit $((FLAKE_SLA_RUN % 2 * 3))',
        fields,
      ),
    )
    expect(runs.map((run) => [run.number, run.outcome, run.exit_code])).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => (n % 2 ? [n, 'failed', 3] : [n, 'passed', 0])),
    )
    const first = runs.find((run) => run.output !== null)
    expect(first?.output).toBe(`run ${first?.number} on ${first?.worker}\nError: odd\n`)
    expect(runs.filter((run) => run.output !== null)).toHaveLength(1)
    expect(new Set(runs.map((run) => run.ended)).size).toBe(6)
  })

  test('a run that hits the time limit has failed, and its processes are killed', async () => {
    const asked = settings('sh -c "sleep 4; touch late" & sleep 30', { ...fields, runs: 1, timeoutMs: 200 })
    const { runs } = await hunt(asked)
    expect(runs).toMatchObject([{ outcome: 'failed', timed_out: true }])
    await new Promise((resolve) => setTimeout(resolve, 4500))
    expect(readdirSync(asked.cwd)).toEqual([])
  })

  test('processes left by a stopped run are killed, and the next runs are unaffected', async () => {
    const script =
      'echo begun; [ $FLAKE_SLA_RUN != 2 ] || { sh -c \'trap "" TERM; sleep 4; touch late\' & sleep 30; }; exit $((FLAKE_SLA_RUN % 3 * 2))'
    const asked = settings(script, { ...fields, runs: 5, parallel: 1, timeoutMs: 700 })
    const { runs } = await hunt(asked)
    expect(runs.map((run) => [run.exit_code, run.timed_out])).toEqual([
      [2, false],
      [143, true],
      [0, false],
      [2, false],
      [4, false],
    ])
    await new Promise((resolve) => setTimeout(resolve, 4200))
    expect(readdirSync(asked.cwd)).toEqual([])
  })

  test('a run that ignores SIGTERM is killed', async () => {
    const { runs } = await hunt(
      settings('trap "" TERM; while :; do sleep 0.05; done', { ...fields, runs: 1, timeoutMs: 100 }),
    )
    expect(runs).toMatchObject([{ outcome: 'failed', timed_out: true, exit_code: 137 }])
  })

  test('a run killed by SIGKILL has exit code 137, as in a shell', async () => {
    const { runs } = await hunt(settings('kill -9 $$', { ...fields, runs: 2 }))
    expect(runs).toMatchObject([{ outcome: 'failed', exit_code: 137, timed_out: false }, { exit_code: 137 }])
  })

  test('an interruption stops the runs in progress, which do not count as failures', async () => {
    const controller = new AbortController()
    const asked = settings('[ $FLAKE_SLA_RUN -le 3 ] || sleep 30', { ...fields, runs: 100 })
    let done = 0
    const { ending, runs } = await hunt(
      asked,
      () => {
        if (++done === 3) setTimeout(() => controller.abort(), 100)
      },
      controller.signal,
    )
    expect(ending).toBe('interrupted')
    expect(runs.map((run) => run.outcome)).toEqual([...Array(3).fill('passed'), ...Array(3).fill('stopped')])
  })

  test('--until-failure ends at the first failure', async () => {
    const asked = settings('[ $FLAKE_SLA_RUN != 4 ] || exit 1; [ $FLAKE_SLA_RUN -lt 4 ] || sleep 30', {
      ...fields,
      runs: 100,
      untilFailure: true,
    })
    const { ending, ended_by, runs } = await hunt(asked)
    expect([ending, ended_by]).toEqual(['until_failure', 4])
    expect(runs.filter((run) => run.outcome === 'failed')).toHaveLength(1)
  })
})

test('a known answer ends the hunt, and runs in progress are completed', async () => {
  const { ending, missed, runs } = await hunt(settings('exit 1', { runs: 1000, allRuns: false }))
  expect([ending, missed]).toEqual(['decided', true])
  expect(runs.length).toBeLessThan(10)
  expect(runs.every((run) => run.outcome === 'failed')).toBe(true)
})

test('a bare name is a program, never a shell builtin', async () => {
  const { runs } = await hunt(settings('', { command: ['true'], runs: 2 }))
  expect(runs.map((run) => run.outcome)).toEqual(['passed', 'passed'])
  await expect(hunt(settings('', { command: ['exit', '1'] }))).rejects.toThrow(/no program exit/)
})

test('a file that is not executable is reported', async () => {
  const asked = settings('', { command: ['./test.sh'] })
  writeFileSync(join(asked.cwd, 'test.sh'), 'exit 0\n')
  await expect(hunt(asked)).rejects.toThrow(/test\.sh is not executable/)
})

test('long output keeps its beginning and its end', async () => {
  const { runs } = await hunt(
    settings(
      'echo begin; head -c 3000000 /dev/zero | tr "\\0" "x"; echo; echo "the error at the end"; exit 1',
      { runs: 1 },
    ),
  )
  const output = runs[0]?.output ?? ''
  expect(output.length).toBeLessThan(1_100_000)
  expect(output.slice(0, 6)).toBe('begin\n')
  expect(output).toMatch(/bytes left out/)
  expect(runs[0]?.message).toBe('the error at the end')
})

test('the peak memory of a run is recorded', async () => {
  const script = 'node -e "globalThis.held = Buffer.alloc(120e6, 1); setTimeout(() => {}, 1500)"'
  const { runs } = await hunt(settings(script, { runs: 1 }))
  expect(runs[0]?.peak_memory_bytes).toBeGreaterThan(120e6)
})

test('--shuffle-env gives each run a reproducible seed', async () => {
  const seeds = async () =>
    (await hunt(settings('[ "$SEED" = "$FLAKE_SLA_SEED" ]', { seed: 42 }))).runs.map((run) => run.seed)
  const first = await seeds()
  expect(new Set(first).size).toBe(6)
  expect(await seeds()).toEqual(first)
})

test('each run reads its own JUnit reports, which name the failure', async () => {
  const { runs, tests, reports } = await hunt(
    settings(
      `printf '<testsuite><testcase name="steady"/><testcase name="odd">%s</testcase></testsuite>' "$([ $FLAKE_SLA_RUN != 4 ] || echo '<failure message="got 4"/>')" > r-$FLAKE_SLA_RUN.xml
       [ $FLAKE_SLA_RUN != 5 ] || echo '<broken' > r-5-b.xml; [ $FLAKE_SLA_RUN != 4 ]`,
      { junit: ['r-{run}*.xml'] },
    ),
  )
  expect(runs[3]).toMatchObject({ outcome: 'failed', message: 'odd: got 4' })
  expect(tests).toEqual([
    { name: 'steady', passed: 6, failed: 0, flaked: 0, skipped: 0, message: null },
    { name: 'odd', passed: 5, failed: 1, flaked: 0, skipped: 0, message: 'got 4' },
  ])
  expect(reports).toMatchObject({ read: 6, broken: 1, problems: [expect.stringMatching(/^r-5-b\.xml: /)] })
})

test('an older report does not count for this run', async () => {
  const asked = settings('sleep 0.1', { runs: 1, junit: ['*.xml'] })
  writeFileSync(join(asked.cwd, 'old.xml'), '<testsuite><testcase name="old"/></testsuite>')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await hunt(asked)).tests).toEqual([])
})

describe('--isolate', () => {
  const alone =
    'ls; [ ! -e mark ] || exit 1; touch mark "$TMPDIR/mark"; sleep 0.1; [ $(ls "$TMPDIR" | wc -l) = 1 ]'

  test.each(['folder', 'copy'] as const)('%s: runs do not see each other’s files', async (isolate) => {
    const asked = settings(alone, { isolate })
    writeFileSync(join(asked.cwd, 'source'), 'text')
    const { runs } = await hunt(asked)
    expect(runs.map((run) => run.outcome)).toEqual(Array(6).fill('passed'))
    expect(readdirSync(asked.cwd)).toEqual(['source'])
  })

  test('worktree: each run has a worktree of HEAD, in the same subfolder, and all are removed', async () => {
    const asked = settings(`${alone} && [ "$(cat source)" = text ]`, { isolate: 'worktree' })
    const git = (...words: string[]) =>
      execFileSync(
        'git',
        ['-C', asked.cwd, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words],
        {
          encoding: 'utf8',
        },
      )
    git('init', '--quiet')
    mkdirSync(join(asked.cwd, 'sub'))
    writeFileSync(join(asked.cwd, 'sub', 'source'), 'text')
    git('add', '.')
    git('commit', '--quiet', '-m', 'Begin')
    writeFileSync(join(asked.cwd, 'sub', 'source'), 'changed since')
    const { runs } = await hunt({ ...asked, cwd: join(asked.cwd, 'sub') })
    expect(runs.map((run) => run.outcome)).toEqual(Array(6).fill('passed'))
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1)
    expect(readFileSync(join(asked.cwd, 'sub', 'source'), 'utf8')).toBe('changed since')
  })

  test('worktree outside git names the alternatives', async () => {
    await expect(hunt(settings('true', { isolate: 'worktree' }))).rejects.toThrow(/--isolate copy/)
  })
})
