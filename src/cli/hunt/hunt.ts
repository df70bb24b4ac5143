/** `hunt`: repeat a command until it is known how often it fails, and whether its failures come alone. */

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
      'run a command many times: how often does it fail, and do its failures come alone?\nexits with 0 when the target is met, 1 when it is missed, 3 while that is not decided',
    )
    .usage('[options] -- COMMAND…   or: hunt list [PREFIX] | show NAME | note NAME TEXT')
    .argument('[command...]', 'what to run; one argument with a space in it goes to the shell')
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

Each run finds its number in FLAKE_SLA_RUN and its worker in FLAKE_SLA_WORKER.
Ctrl-C stops the runs and still reports; what was stopped counts as nothing.`

/**
 * @param isCommand the words came after `--`, so that the first is a program even when it is called `list`
 * @throws UserError on options that cannot be used
 */
export async function hunt(
  words: readonly string[],
  options: HuntOptions,
  isCommand: boolean,
): Promise<void> {
  const [first, ...rest] = words
  if (!isCommand && (first === 'list' || first === 'show' || first === 'note')) {
    // The database is loaded only where something is kept: it would slow the start of every hunt.
    const { keptHunts } = await import('./kept.ts')
    return keptHunts(first, rest, options)
  }
  if (options.sequence !== undefined || options.counts !== undefined) {
    await report(huntElsewhere(words, options), options)
    return
  }
  if (options.kubernetes !== undefined) return huntThere(words, options)
  if (words.length === 0 && (options.ref !== undefined || options.resume !== undefined))
    return huntOnGitHub(options)
  if (options.dryRun)
    throw new UserError('--dry-run prints the manifest of --kubernetes IMAGE, which is missing.')
  if (options.compare !== undefined && words.length === 0)
    return (await import('./compare.ts')).compareKept(options)
  return huntHere(words, options)
}

async function report(hunted: Hunt, options: HuntOptions): Promise<HuntAnswer> {
  const answer = answerOf(hunted)
  if (options.picture !== undefined)
    await writeFile(options.picture, `${huntPicture(hunted.runs, headline(answer))}\n`)
  process.stdout.write(`${printHunt(answer, options)}\n`)
  process.exitCode = EXIT[answer.decision]
  return answer
}

function huntElsewhere(words: readonly string[], options: HuntOptions): Hunt {
  if (words.length > 0)
    throw new UserError('--sequence and --counts read what was run elsewhere: leave the command out.')
  if (options.sequence !== undefined) return huntOfSequence(options.sequence, goalOf(options))
  const { passed, failed } = parseCounts(options.counts ?? '')
  return huntOfCounts(passed, failed, goalOf(options))
}

async function huntHere(words: readonly string[], options: HuntOptions): Promise<void> {
  const settings = await localSettings(options, words)
  if (words.length === 0) throw new UserError('Say what to run after --, like: flake-sla hunt -- npm test')
  if (options.compare !== undefined) {
    const { compareRevisions } = await import('./compare.ts')
    return underWay(2 * settings.runs, settings, (hooks) => compareRevisions(settings, options, hooks))
  }
  const name = await nameToKeep(words, options)
  // Before the runs: asking tools for their versions meanwhile would disturb them.
  const environment = name === null ? {} : await environmentOf(words, settings.cwd, options.tool)
  const hunted = await underWay(settings.runs, settings, (hooks) => huntLocally(settings, hooks))
  await reportAndKeep(
    hunted,
    options,
    name && { name, place: 'local', settings: tellable(settings), environment },
  )
}

/** The same on a cluster. */
async function huntThere(words: readonly string[], options: HuntOptions): Promise<void> {
  const { compareImages, huntCluster, printManifest } = await import('./cluster.ts')
  if (options.dryRun) return printManifest(words, options)
  const runs = whole('--runs', options.runs, 100_000)
  const rule = { goal: goalOf(options), stress: null }
  if (options.compare !== undefined)
    return underWay(2 * runs, rule, (hooks) => compareImages(words, options, hooks))
  const name = await nameToKeep(words, options)
  const {
    hunt: hunted,
    settings,
    environment,
  } = await underWay(runs, rule, (hooks) => huntCluster(words, options, hooks))
  await reportAndKeep(
    hunted,
    options,
    name && { name, place: 'kubernetes', settings: { ...settings }, environment },
  )
}

/** The same on GitHub Actions, where every run is kept as it comes. */
async function huntOnGitHub(options: HuntOptions): Promise<void> {
  const { huntActions } = await import('./actions.ts')
  const rule = { goal: goalOf(options), stress: null }
  const hunted = await huntActions(options, (runs, work) => underWay(runs, rule, work))
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
  process.stderr.write(`Kept as ${await keepHunt(options, keeping, hunted, answer)}.\n`)
}

/** A hunt is kept when something says what it is called or what it is about. */
async function nameToKeep(
  [program = 'hunt']: readonly string[],
  options: HuntOptions,
): Promise<string | null> {
  const { name, change, job, repository } = options
  if (job !== undefined && repository === undefined)
    throw new UserError('--job needs --repository owner/name: a job belongs to one.')
  if (name === undefined && change === undefined && job === undefined) return null
  const { checkKeeping } = await import('./kept.ts')
  await checkKeeping(options)
  return name ?? job ?? basename(program)
}

/** The settings without the environment, which holds secrets. */
function tellable({ env: _, ...settings }: LocalSettings): Record<string, unknown> {
  return { ...settings }
}

/** Runs with progress, pressure where it is asked for, and a way to interrupt. */
async function underWay<T>(
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

/** The first Ctrl-C ends the hunt and reports; a second one ends the program, as anywhere. */
export function interruptions(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const interrupt = () => {
    release()
    process.stderr.write('\nStopping the runs; the report follows. Once more Ctrl-C ends at once.\n')
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
