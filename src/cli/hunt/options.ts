/** The options of `hunt`, read and checked: what cannot be used is said in one sentence before anything runs. */
import {
  ISOLATIONS,
  type Isolation,
  isInGit,
  type LocalSettings,
  parseStress,
  type Stress,
} from '@flake-sla/hunt/local'
import type { Goal } from '@flake-sla/hunt/statistics'
import { Option } from 'commander'
import { UserError } from '../../domain/user-error.ts'

export interface HuntOptions {
  runs: string
  parallel: string
  target: string
  confidence: string
  timeout: string
  isolate?: string | true
  untilFailure?: boolean
  allRuns?: boolean
  stress?: string | true
  shuffleEnv?: string | true
  sequence?: string
  counts?: string
  junit: string[]
  format: 'table' | 'markdown' | 'json'
  json?: boolean
  picture?: string
  compare?: string[]
  name?: string
  change?: string
  note?: string
  repository?: string
  job?: string
  tool: string[]
  databaseUrl?: string
  kubernetes?: string | true
  namespace?: string
  context?: string
  cpu?: string
  memory?: string
  dryRun?: boolean
  ref?: string
  workflow?: string
  minutes: string
  resume?: string
}

const collect = (value: string, before: string[]) => [...before, value]

/** In the order in which help shows them. */
export const HUNT_OPTIONS: readonly Option[] = [
  new Option('--runs <number>', 'the most runs; fewer when the answer is known before').default('1000'),
  new Option('--parallel <number>', 'how many run at a time').default('24'),
  new Option('--target <rate>', 'the pass rate to hold').default('0.999'),
  new Option('--confidence <share>', 'how sure the answer is to be').default('0.95'),
  new Option('--timeout <time>', 'a run that takes longer has failed: 30s, 10m, 2h').default('10m'),
  new Option(
    '--isolate [how]',
    `each run in a place of its own: ${ISOLATIONS.join(', ')} (alone: a git worktree, outside git a copy)`,
  ),
  new Option('--until-failure', 'end at the first failure'),
  new Option('--all-runs', 'do all the runs, even when the answer is known'),
  new Option(
    '--stress [what]',
    'pressure beside it: cpu=<processes>,memory=<bytes or %> (alone: every CPU, 50%)',
  ),
  new Option('--shuffle-env [seed]', 'another order of the environment and another seed for each run'),
  new Option(
    '--junit <glob>',
    'JUnit reports that each run leaves; {run} and {worker} stand for its own; may be repeated',
  )
    .argParser(collect)
    .default([], 'none'),
  new Option('--sequence <runs>', 'no command: read a sequence that was run elsewhere, like "48P 2F 2P 1F"'),
  new Option('--counts <passed:failed>', 'no command: counts from elsewhere, like 85:5').conflicts(
    'sequence',
  ),
  new Option('--format <format>', 'how to print').choices(['table', 'markdown', 'json']).default('table'),
  new Option('--json', 'the same as --format json'),
  new Option('--picture <file>', 'draw the sequence into this SVG file'),
  new Option(
    '--compare <before-after...>',
    'is the second better? Two kept hunts or --json files; with a command, two git revisions or images',
  ),
  new Option('--name <name>', 'keep the hunt under this name, with its settings and environment'),
  new Option('--change <text>', 'keep it, and say what was changed'),
  new Option('--note <text>', 'a note to keep with it'),
  new Option('--repository <owner/name>', 'the repository of --job'),
  new Option('--job <name>', 'keep it, and show it on this job’s page'),
  new Option('--tool <program>', 'ask it for --version, to keep; may be repeated')
    .argParser(collect)
    .default([], 'none'),
  new Option('--ref <ref>', 'without a command: repeat --job on GitHub Actions at this branch, tag or SHA'),
  new Option('--workflow <file>', 'start this workflow anew for each run, instead of running the job again'),
  new Option('--minutes <number>', 'the most minutes of GitHub Actions that it may take').default('600'),
  new Option('--resume <name>', 'go on with a hunt on GitHub Actions that was stopped'),
  new Option('--kubernetes [image]', 'run it as an Indexed Job, a pod a run; with --compare, two images'),
  new Option('--namespace <name>', 'the Kubernetes namespace (default: the context’s)'),
  new Option('--context <name>', 'the Kubernetes context (default: the current one)'),
  new Option('--cpu <quantity>', 'what a pod asks for and may have, like 500m'),
  new Option('--memory <quantity>', 'what a pod asks for and may have, like 1Gi'),
  new Option('--dry-run', 'print the Kubernetes manifest, and run nothing'),
  new Option(
    '--database-url <url>',
    'where to keep it: postgres://… or a folder (default: DATABASE_URL, else ./data)',
  ),
]

export function goalOf({ target, confidence }: HuntOptions): Goal {
  return { target: share('--target', target), confidence: share('--confidence', confidence) }
}

/** @throws UserError on what cannot be used */
export async function localSettings(
  options: HuntOptions,
  command: readonly string[],
): Promise<LocalSettings & { stress: Stress | null }> {
  const parallel = whole('--parallel', options.parallel, 1000)
  const isolate = await isolationOf(options.isolate)
  return {
    command,
    goal: goalOf(options),
    runs: whole('--runs', options.runs, 1_000_000),
    parallel,
    timeoutMs: parseDuration('--timeout', options.timeout),
    untilFailure: options.untilFailure ?? false,
    allRuns: options.allRuns ?? false,
    cwd: process.cwd(),
    env: environment(),
    isolate,
    junit: junitOf(options.junit, parallel, isolate),
    seed: seedBase(options.shuffleEnv),
    stress: options.stress === undefined ? null : parseStress(options.stress === true ? '' : options.stress),
  }
}

/** Runs side by side in one folder would read one another's reports. */
function junitOf(
  patterns: readonly string[],
  parallel: number,
  isolate: Isolation | null,
): readonly string[] {
  const shared = patterns.find((pattern) => !/\{(run|worker)\}/.test(pattern))
  if (shared !== undefined && parallel > 1 && isolate === null)
    throw new UserError(
      `--junit ${shared} is one place for all runs: take --isolate or --parallel 1, or let each run write its own, like --junit 'report-{run}.xml'.`,
    )
  return patterns
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

async function isolationOf(how: string | true | undefined): Promise<Isolation | null> {
  if (how === undefined) return null
  if (how === true) return (await isInGit(process.cwd())) ? 'worktree' : 'copy'
  const found = ISOLATIONS.find((one) => one === how)
  if (found) return found
  throw new UserError(`--isolate ${how} is none of ${ISOLATIONS.join(', ')}. Write -- before the command.`)
}

function seedBase(seed: string | true | undefined): number | null {
  if (seed === undefined) return null
  return seed === true ? Math.floor(Math.random() * 2 ** 31) : whole('--shuffle-env', seed, 2 ** 31)
}

/** `30s`, `10m`, `1h30m`, `500ms`; a bare number is seconds. @returns milliseconds */
export function parseDuration(name: string, text: string): number {
  const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, '': 1000 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|$)/g)]
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0)
  const MOST = 2 ** 31 - 1
  if (parts.map(([part]) => part).join('') !== text || ms <= 0 || ms > MOST)
    throw new UserError(`${name} ${text} is no length of time. Write it like 30s, 10m or 2h.`)
  return ms
}

export function whole(name: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value
  throw new UserError(`${name} ${text} is no whole number from 1 to ${most.toLocaleString('en')}.`)
}

/** `0.999`, and `99.9%` for those who think in per cent. */
function share(name: string, text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text)
  if (text.trim() !== '' && value > 0 && value < 1) return value
  throw new UserError(`${name} ${text} must be above 0 and below 1, like 0.999 or 99.9%.`)
}

/** `85:5`. */
export function parseCounts(text: string): { passed: number; failed: number } {
  const found = /^(\d+):(\d+)$/.exec(text)
  if (!found) throw new UserError(`--counts ${text} is not passed:failed, like 85:5.`)
  return { passed: Number(found[1]), failed: Number(found[2]) }
}
