/** What a hunt costs: a thousand runs of `true` beside the plain ways to do the same, in turns. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Measure, median } from './result.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const RUNS = 1000
const PARALLEL = 24
/** "Little more" than what stands beside it. */
const GOAL = 1.5

/** Each way to run `true` so often, start and end of the program included. */
const WAYS = {
  hunt: [
    process.execPath,
    MAIN,
    'hunt',
    '--runs',
    String(RUNS),
    '--parallel',
    String(PARALLEL),
    '--',
    'true',
  ],
  xargs: ['sh', '-c', `seq ${RUNS} | xargs -P${PARALLEL} -n1 true`],
  // What a script would do that tells failures apart: a shell a run, which keeps the exit code.
  loop: ['sh', '-c', `seq ${RUNS} | xargs -P${PARALLEL} -I{} sh -c 'true; echo "{} $?"'`],
  isolated: [
    ...[process.execPath, MAIN, 'hunt', '--runs', String(RUNS), '--parallel', String(PARALLEL)],
    ...['--isolate', 'folder', '--', 'true'],
  ],
} as const

/** Seconds of each way, one after the other as often as asked, so that what else the machine does hits all alike. */
export async function measureHunt({ quick }: { quick: boolean }): Promise<Measure[]> {
  const times = Object.fromEntries(Object.keys(WAYS).map((variant) => [variant, [] as number[]]))
  const cwd = mkdtempSync(join(tmpdir(), 'flake-sla-bench-'))
  try {
    for (let i = 0; i < (quick ? 3 : 9); i++)
      for (const [variant, command] of Object.entries(WAYS)) times[variant]?.push(secondsOf(command, cwd))
  } finally {
    rmSync(cwd, { recursive: true })
  }
  const middle = (variant: keyof typeof WAYS) => median(times[variant] ?? [])
  return [
    beside('hunt.runs', middle('hunt'), 'xargs -P24 -n1 true', middle('xargs')),
    beside('hunt.runs', middle('hunt'), 'xargs -P24 with a shell a run', middle('loop')),
    {
      name: 'hunt.isolated',
      value: middle('isolated'),
      unit: 's',
      beside: { name: 'the same without --isolate', value: middle('hunt') },
      ratio: middle('isolated') / middle('hunt'),
      note: 'an empty folder for each run',
    },
  ]
}

function beside(name: string, value: number, comparedWith: string, seconds: number): Measure {
  const ratio = value / seconds
  return {
    name,
    value,
    unit: 's',
    beside: { name: comparedWith, value: seconds },
    ratio,
    goal: GOAL,
    holds: ratio <= GOAL,
  }
}

/** @throws when it does not end as it should: a time of something else would be no measure */
function secondsOf([program = '', ...words]: readonly string[], cwd: string): number {
  const began = performance.now()
  const { status, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' })
  const seconds = (performance.now() - began) / 1000
  // 3: a thousand runs without a failure do not decide the default target.
  if (status !== 0 && status !== 3) throw new Error(`${program} ended with ${status}: ${stderr}`)
  return seconds
}
