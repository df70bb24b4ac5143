/** `hunt`: repeat a command until it is known how often it fails, and whether its failures come alone. */
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { UserError } from '../domain/user-error.ts'
import { answerOf, type HuntAnswer } from '../hunt/answer.ts'
import { huntLocally } from '../hunt/local/pool.ts'
import { startStress } from '../hunt/local/stress.ts'
import { huntPicture } from '../hunt/picture.ts'
import type { Hunt } from '../hunt/run.ts'
import { headline } from '../hunt/sentences.ts'
import { huntOfCounts, huntOfSequence } from '../hunt/sequence.ts'
import { huntMarkdown, huntTable } from '../hunt/show.ts'
import { goalOf, HUNT_OPTIONS, type HuntOptions, localSettings, parseCounts } from './hunt-options.ts'
import { huntProgress } from './hunt-progress.ts'

const EXIT: Record<HuntAnswer['decision'], number> = { met: 0, missed: 1, undecided: 3 }

/** The command, for the program to add. */
export function huntCommand(): Command {
  const command = new Command('hunt')
    .description(
      'run a command many times: how often does it fail, and do its failures come alone?\nexits with 0 when the target is met, 1 when it is missed, 3 while that is not decided',
    )
    .usage('[options] -- COMMAND…')
    .argument('[command...]', 'what to run; one argument with a space in it goes to the shell')
    .addHelpText('after', EXAMPLES)
  for (const option of HUNT_OPTIONS) command.addOption(option)
  return command.action((words: string[], options: HuntOptions) => hunt(words, options))
}

const EXAMPLES = `
Examples:
  flake-sla hunt -- npm test
  flake-sla hunt --runs 3000 --parallel 8 --isolate -- go test ./pkg/cache
  flake-sla hunt --until-failure --stress --shuffle-env -- ./integration.sh
  flake-sla hunt --sequence "48P 2F 2P 1F"

Each run finds its number in FLAKE_SLA_RUN and its worker in FLAKE_SLA_WORKER.
Ctrl-C stops the runs and still reports; what was stopped counts as nothing.`

/** @throws UserError on options that cannot be used */
export async function hunt(words: readonly string[], options: HuntOptions): Promise<void> {
  const hunted = await huntAsAsked(words, options)
  const answer = answerOf(hunted)
  if (options.picture !== undefined)
    await writeFile(options.picture, `${huntPicture(hunted.runs, headline(answer))}\n`)
  process.stdout.write(`${print(answer, options.json ? 'json' : options.format)}\n`)
  process.exitCode = EXIT[answer.decision]
}

function print(answer: HuntAnswer, format: HuntOptions['format']): string {
  if (format === 'json') return JSON.stringify(answer, null, 2)
  return format === 'markdown' ? huntMarkdown(answer) : huntTable(answer)
}

async function huntAsAsked(words: readonly string[], options: HuntOptions): Promise<Hunt> {
  const elsewhere = options.sequence ?? options.counts
  if (elsewhere !== undefined && words.length > 0)
    throw new UserError('--sequence and --counts read what was run elsewhere: leave the command out.')
  if (options.sequence !== undefined) return huntOfSequence(options.sequence, goalOf(options))
  if (options.counts !== undefined) {
    const { passed, failed } = parseCounts(options.counts)
    return huntOfCounts(passed, failed, goalOf(options))
  }
  return huntHere(words, options)
}

async function huntHere(words: readonly string[], options: HuntOptions): Promise<Hunt> {
  const settings = await localSettings(options, words)
  if (words.length === 0) throw new UserError('Say what to run after --, like: flake-sla hunt -- npm test')
  const progress = huntProgress(settings.runs, settings.goal)
  const endStress = settings.stress === null ? () => {} : startStress(settings.stress)
  const { signal, release } = interruptions()
  try {
    return await huntLocally(settings, { signal, onRun: progress.onRun })
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
