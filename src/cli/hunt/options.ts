/** The options of `hunt`, parsed and checked before anything runs. */
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
import { share, wholeNumber } from '../arguments.ts'

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

/** In the order of the help text. */
export const HUNT_OPTIONS: readonly Option[] = [
  new Option('--runs <number>', 'the maximum number of runs; fewer if the answer is known earlier').default(
    '1000',
  ),
  new Option('--parallel <number>', 'how many run at the same time').default('24'),
  new Option('--target <rate>', 'the target pass rate').default('0.999'),
  new Option('--confidence <share>', 'the confidence of the answer').default('0.95'),
  new Option('--timeout <time>', 'a run that takes longer has failed: 30s, 10m, 2h').default('10m'),
  new Option(
    '--isolate [how]',
    `give each run a separate folder: ${ISOLATIONS.join(', ')} (without a value: worktree, or copy outside git)`,
  ),
  new Option('--until-failure', 'stop at the first failure'),
  new Option('--all-runs', 'do all runs even when the answer is known'),
  new Option(
    '--stress [what]',
    'CPU and memory pressure: cpu=<processes>,memory=<bytes or %> (without a value: every CPU, 50%)',
  ),
  new Option('--shuffle-env [seed]', 'a different seed and order of the environment for each run'),
  new Option(
    '--junit <glob>',
    'JUnit reports that each run writes; {run} and {worker} are replaced; repeatable',
  )
    .argParser(collect)
    .default([], 'none'),
  new Option('--sequence <runs>', 'instead of a command: a sequence from elsewhere, like "48P 2F 2P 1F"'),
  new Option('--counts <passed:failed>', 'instead of a command: counts from elsewhere, like 85:5').conflicts(
    'sequence',
  ),
  new Option('--format <format>', 'the output format')
    .choices(['table', 'markdown', 'json'])
    .default('table'),
  new Option('--json', 'the same as --format json'),
  new Option('--picture <file>', 'draw the sequence as this SVG file'),
  new Option(
    '--compare <before-after...>',
    'compare two stored hunts or --json files; with a command, two git revisions or images',
  ),
  new Option('--name <name>', 'store the hunt under this name, with its settings and environment'),
  new Option('--change <text>', 'what was changed since the previous hunt; stores the hunt'),
  new Option('--note <text>', 'a note; stores the hunt'),
  new Option('--repository <owner/name>', 'the repository of --job'),
  new Option('--job <name>', 'store the hunt, and show it on this job’s page'),
  new Option('--tool <program>', 'a tool whose --version is stored with the hunt; repeatable')
    .argParser(collect)
    .default([], 'none'),
  new Option('--ref <ref>', 'without a command: repeat --job on GitHub Actions at this branch, tag or SHA'),
  new Option('--workflow <file>', 'dispatch this workflow for each run instead of re-running the job'),
  new Option('--minutes <number>', 'the budget in minutes of GitHub Actions').default('600'),
  new Option('--resume <name>', 'resume a hunt on GitHub Actions'),
  new Option(
    '--kubernetes [image]',
    'run the hunt as an Indexed Job, one pod per run; with --compare, two images',
  ),
  new Option('--namespace <name>', 'the Kubernetes namespace (default: the context’s)'),
  new Option('--context <name>', 'the Kubernetes context (default: the current one)'),
  new Option('--cpu <quantity>', 'CPU request and limit of a pod, like 500m'),
  new Option('--memory <quantity>', 'memory request and limit of a pod, like 1Gi'),
  new Option('--dry-run', 'print the Kubernetes manifest without running anything'),
  new Option(
    '--database-url <url>',
    'where to store the hunt: postgres://… or a folder (default: DATABASE_URL, else ./data)',
  ),
]

/** The target and confidence, from 0 to 1. @throws UserError */
export function goalOf({ target, confidence }: HuntOptions): Goal {
  return { target: share('--target', target), confidence: share('--confidence', confidence) }
}

/** The settings of a hunt on this machine. @throws UserError for invalid options */
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

/** Rejects patterns with which parallel runs would read each other's reports. */
function junitOf(
  patterns: readonly string[],
  parallel: number,
  isolate: Isolation | null,
): readonly string[] {
  const shared = patterns.find((pattern) => !/\{(run|worker)\}/.test(pattern))
  if (shared !== undefined && parallel > 1 && isolate === null)
    throw new UserError(
      `--junit ${shared} is the same file for all runs. Use --isolate or --parallel 1, or a separate file for each run, like --junit 'report-{run}.xml'.`,
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
  const found = ISOLATIONS.find((isolation) => isolation === how)
  if (found) return found
  throw new UserError(`--isolate ${how} is not one of ${ISOLATIONS.join(', ')}. Put -- before the command.`)
}

function seedBase(seed: string | true | undefined): number | null {
  if (seed === undefined) return null
  return seed === true ? Math.floor(Math.random() * 2 ** 31) : whole('--shuffle-env', seed, 2 ** 31)
}

/** `30s`, `10m`, `1h30m`, `500ms`; a bare number is seconds. @returns milliseconds. @throws UserError */
export function parseDuration(name: string, text: string): number {
  const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, '': 1000 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|$)/g)]
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0)
  const MAX_MS = 2 ** 31 - 1
  if (parts.map(([part]) => part).join('') !== text || ms <= 0 || ms > MAX_MS)
    throw new UserError(`${name} ${text} is not a valid duration. Write it like 30s, 10m or 2h.`)
  return ms
}

/** A whole number from 1 to `max`. @throws UserError */
export function whole(name: string, text: string, max: number): number {
  return wholeNumber(name, text, 1, max)
}

/** `85:5`. @throws UserError */
export function parseCounts(text: string): { passed: number; failed: number } {
  const found = /^(\d+):(\d+)$/.exec(text)
  if (!found) throw new UserError(`--counts ${text} is not passed:failed, like 85:5.`)
  return { passed: Number(found[1]), failed: Number(found[2]) }
}
