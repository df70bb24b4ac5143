/** `hunt`: repeats a command until its pass rate is known, and tests whether its failures cluster. */

import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  answerOf,
  type Hunt,
  type HuntAnswer,
  headline,
  huntOfCounts,
  huntOfSequence,
  huntPicture,
} from '@flake-sla/hunt'
import {
  environmentOf,
  huntLocally,
  type LocalHooks,
  type LocalSettings,
  type Stress,
  startStress,
} from '@flake-sla/hunt/local'
import type { Goal } from '@flake-sla/hunt/statistics'
import { Command } from 'commander'
import { UserError } from '../../domain/user-error.ts'
import type { Keeping } from './kept.ts'
import { goalOf, HUNT_OPTIONS, type HuntOptions, localSettings, parseCounts, whole } from './options.ts'
import { printHunt } from './print.ts'
import { huntProgress } from './progress.ts'

const EXIT: Record<HuntAnswer['decision'], number> = { met: 0, missed: 1, undecided: 3 }

/** The command, for the program to add. */
export function huntCommand(): Command {
  const command = new Command('hunt')
    .description(
      'run a command many times to measure how often it fails and whether its failures cluster\nexits with 0 when the target is met, 1 when it is missed, 3 when undecided',
    )
    .usage('[options] -- COMMAND…   or: hunt list [PREFIX] | show NAME | note NAME TEXT')
    .argument(
      '[command...]',
      'the command to run; a single argument that contains a space is passed to the shell',
    )
    .addHelpText('after', EXAMPLES)
  for (const option of HUNT_OPTIONS) command.addOption(option)
  return command.action((words: string[], options: HuntOptions) =>
    hunt(words, options, process.argv.includes('--')),
  )
}

const EXAMPLES = `
Examples:
  flake-sla hunt -- npm test
  flake-sla hunt --runs 3000 --parallel 8 --isolate -- go test ./pkg/cache
  flake-sla hunt --until-failure --stress --shuffle-env -- ./integration.sh
  flake-sla hunt --name cache-1 --change "pool of 4" -- make test
  flake-sla hunt list cache
  flake-sla hunt --compare main my-fix --runs 200 -- make test
  flake-sla hunt --kubernetes registry.example.org/tests:1 --runs 5000 --parallel 200 -- ./integration.sh
  flake-sla hunt --repository octo-org/shop --job unit --ref main --runs 200 --parallel 4 --minutes 900
  flake-sla hunt --sequence "48P 2F 2P 1F"

Each run has its number in FLAKE_SLA_RUN and its worker in FLAKE_SLA_WORKER.
Ctrl-C stops the runs and prints a report; stopped runs are not counted.`

/**
 * Runs the command.
 * @param isCommand whether the words came after `--`: then the first is a program even if it is named `list`
 * @throws UserError for invalid options
 */
export async function hunt(
  words: readonly string[],
  options: HuntOptions,
  isCommand: boolean,
): Promise<void> {
  const [first, ...rest] = words
  if (!isCommand && (first === 'list' || first === 'show' || first === 'note')) {
    // The database is loaded only when needed, because it slows the start.
    const { keptHunts } = await import('./kept.ts')
    return keptHunts(first, rest, options)
  }
  if (options.sequence !== undefined || options.counts !== undefined) {
    await report(huntFromNotation(words, options), options)
    return
  }
  if (options.kubernetes !== undefined) return huntInCluster(words, options)
  if (words.length === 0 && (options.ref !== undefined || options.resume !== undefined))
    return huntOnGitHub(options)
  if (options.dryRun) throw new UserError('--dry-run needs --kubernetes IMAGE, whose manifest it prints.')
  if (options.compare !== undefined && words.length === 0)
    return (await import('./compare.ts')).compareStored(options)
  return huntOnThisMachine(words, options)
}

async function report(hunted: Hunt, options: HuntOptions): Promise<HuntAnswer> {
  const answer = answerOf(hunted)
  if (options.picture !== undefined)
    await writeFile(options.picture, `${huntPicture(hunted.runs, headline(answer))}\n`)
  process.stdout.write(`${printHunt(answer, options)}\n`)
  process.exitCode = EXIT[answer.decision]
  return answer
}

function huntFromNotation(words: readonly string[], options: HuntOptions): Hunt {
  if (words.length > 0)
    throw new UserError('--sequence and --counts read runs from elsewhere. Leave out the command.')
  if (options.sequence !== undefined) return huntOfSequence(options.sequence, goalOf(options))
  const { passed, failed } = parseCounts(options.counts ?? '')
  return huntOfCounts(passed, failed, goalOf(options))
}

async function huntOnThisMachine(words: readonly string[], options: HuntOptions): Promise<void> {
  const settings = await localSettings(options, words)
  if (words.length === 0) throw new UserError('Give the command after --, like flake-sla hunt -- npm test.')
  if (options.compare !== undefined) {
    const { compareRevisions } = await import('./compare.ts')
    return withProgress(2 * settings.runs, settings, (hooks) => compareRevisions(settings, options, hooks))
  }
  const name = await nameToKeep(words, options)
  // Before the runs, which running other tools would disturb.
  const environment = name === null ? {} : await environmentOf(words, settings.cwd, options.tool)
  const hunted = await withProgress(settings.runs, settings, (hooks) => huntLocally(settings, hooks))
  await reportAndKeep(
    hunted,
    options,
    name && { name, place: 'local', settings: withoutEnvironment(settings), environment },
  )
}

/** Hunts on a Kubernetes cluster. */
async function huntInCluster(words: readonly string[], options: HuntOptions): Promise<void> {
  const { compareImages, huntCluster, printManifest } = await import('./cluster.ts')
  if (options.dryRun) return printManifest(words, options)
  const runs = whole('--runs', options.runs, 100_000)
  const rule = { goal: goalOf(options), stress: null }
  if (options.compare !== undefined)
    return withProgress(2 * runs, rule, (hooks) => compareImages(words, options, hooks))
  const name = await nameToKeep(words, options)
  const {
    hunt: hunted,
    settings,
    environment,
  } = await withProgress(runs, rule, (hooks) => huntCluster(words, options, hooks))
  await reportAndKeep(
    hunted,
    options,
    name && { name, place: 'kubernetes', settings: { ...settings }, environment },
  )
}

/** Hunts on GitHub Actions, where every run is stored as it completes. */
async function huntOnGitHub(options: HuntOptions): Promise<void> {
  const { huntActions } = await import('./actions.ts')
  const rule = { goal: goalOf(options), stress: null }
  const hunted = await huntActions(options, (runs, work) => withProgress(runs, rule, work))
  await report(hunted, options)
}

async function reportAndKeep(
  hunted: Hunt,
  options: HuntOptions,
  keeping: Keeping | null | '',
): Promise<void> {
  const answer = await report(hunted, options)
  if (!keeping) return
  const { keepHunt } = await import('./kept.ts')
  process.stderr.write(`Stored as ${await keepHunt(options, keeping, hunted, answer)}.\n`)
}

/** The name to store the hunt under; null if no option asks to store it. */
async function nameToKeep(
  [program = 'hunt']: readonly string[],
  options: HuntOptions,
): Promise<string | null> {
  const { name, change, job, repository } = options
  if (job !== undefined && repository === undefined)
    throw new UserError('--job needs --repository owner/name.')
  if (name === undefined && change === undefined && job === undefined) return null
  const { checkKeeping } = await import('./kept.ts')
  await checkKeeping(options)
  return name ?? job ?? basename(program)
}

/** The settings without the environment variables, which may contain secrets. */
function withoutEnvironment({ env: _, ...settings }: LocalSettings): Record<string, unknown> {
  return { ...settings }
}

/** Runs the hunt with progress, pressure if requested, and handling of Ctrl-C. */
async function withProgress<T>(
  runs: number,
  settings: { goal: Goal; stress: Stress | null },
  work: (hooks: LocalHooks) => Promise<T>,
): Promise<T> {
  const progress = huntProgress(runs, settings.goal)
  const endStress = settings.stress === null ? () => {} : startStress(settings.stress)
  const { signal, release } = interruptions()
  try {
    return await work({ signal, onRun: progress.onRun })
  } finally {
    release()
    endStress()
    progress.end()
  }
}

/** The first Ctrl-C ends the hunt with a report; a second one ends the program. */
export function interruptions(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const interrupt = () => {
    release()
    process.stderr.write('\nStopping the runs; a report follows. Press Ctrl-C again to exit at once.\n')
    controller.abort()
  }
  const release = () => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return { signal: controller.signal, release }
}
