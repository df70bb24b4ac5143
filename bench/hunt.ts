/** The cost of a hunt: a thousand runs of `true`, compared with `xargs`. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Measure, median } from './result.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const RUNS = 1000
const PARALLEL = 24
/** The goal: at most this many times the time of `xargs`. */
const GOAL = 1.5

/** The commands, each measured including start and end of the program. */
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
  // What a script does that records exit codes: one shell for each run.
  loop: ['sh', '-c', `seq ${RUNS} | xargs -P${PARALLEL} -I{} sh -c 'true; echo "{} $?"'`],
  isolated: [
    ...[process.execPath, MAIN, 'hunt', '--runs', String(RUNS), '--parallel', String(PARALLEL)],
    ...['--isolate', 'folder', '--', 'true'],
  ],
} as const

/** Seconds that each command takes. The commands take turns, so that other load on the machine affects all alike. */
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
    compared('hunt.runs', middle('hunt'), 'xargs -P24 -n1 true', middle('xargs')),
    compared('hunt.runs', middle('hunt'), 'xargs -P24 with a shell a run', middle('loop')),
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

function compared(name: string, value: number, comparedWith: string, seconds: number): Measure {
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

/** @throws on an unexpected exit code, since the time would be meaningless */
function secondsOf([program = '', ...words]: readonly string[], cwd: string): number {
  const began = performance.now()
  const { status, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' })
  const seconds = (performance.now() - began) / 1000
  // Exit code 3: a thousand passes do not decide the default target.
  if (status !== 0 && status !== 3) throw new Error(`${program} ended with ${status}: ${stderr}`)
  return seconds
}
