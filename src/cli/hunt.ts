/** `hunt`: repeat a command until it is known how often it fails, and whether its failures come alone. */
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command } from 'commander'
import { UserError } from '../domain/user-error.ts'
import { answerOf, type HuntAnswer } from '../hunt/answer.ts'
import { environmentOf } from '../hunt/local/environment.ts'
import { huntLocally, type LocalHooks, type LocalSettings } from '../hunt/local/pool.ts'
import { type Stress, startStress } from '../hunt/local/stress.ts'
import { huntPicture } from '../hunt/picture.ts'
import type { Hunt } from '../hunt/run.ts'
import { headline } from '../hunt/sentences.ts'
import { huntOfCounts, huntOfSequence } from '../hunt/sequence.ts'
import { goalOf, HUNT_OPTIONS, type HuntOptions, localSettings, parseCounts } from './hunt-options.ts'
import { printHunt } from './hunt-print.ts'
import { huntProgress } from './hunt-progress.ts'

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
    const { keptHunts } = await import('./hunt-kept.ts')
    return keptHunts(first, rest, options)
  }
  if (options.sequence !== undefined || options.counts !== undefined) {
    await report(huntElsewhere(words, options), options)
    return
  }
  if (options.compare !== undefined && words.length === 0)
    return (await import('./hunt-compare.ts')).compareKept(options)
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
    const { compareRevisions } = await import('./hunt-compare.ts')
    return underWay({ ...settings, runs: 2 * settings.runs }, (hooks) =>
      compareRevisions(settings, options, hooks),
    )
  }
  const name = nameOf(words, options)
  if (options.job !== undefined && options.repository === undefined)
    throw new UserError('--job needs --repository owner/name: a job belongs to one.')
  // Before the runs: asking tools for their versions meanwhile would disturb them.
  const environment = name === null ? {} : await environmentOf(words, settings.cwd, options.tool)
  const hunted = await underWay(settings, (hooks) => huntLocally(settings, hooks))
  const answer = await report(hunted, options)
  if (name === null) return
  const { keepHunt } = await import('./hunt-kept.ts')
  const kept = await keepHunt(
    options,
    { name, place: 'local', settings: tellable(settings), environment },
    hunted,
    answer,
  )
  process.stderr.write(`Kept as ${kept}.\n`)
}

/** A hunt is kept when something says what it is called or what it is about. */
function nameOf([program = 'hunt']: readonly string[], { name, change, job }: HuntOptions): string | null {
  if (name !== undefined) return name
  return change === undefined && job === undefined ? null : (job ?? basename(program))
}

/** The settings without the environment, which holds secrets. */
function tellable({ env: _, ...settings }: LocalSettings): Record<string, unknown> {
  return { ...settings }
}

/** Runs with progress, pressure where it is asked for, and a way to interrupt. */
async function underWay<T>(
  settings: LocalSettings & { stress: Stress | null },
  work: (hooks: LocalHooks) => Promise<T>,
): Promise<T> {
  const progress = huntProgress(settings.runs, settings.goal)
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
