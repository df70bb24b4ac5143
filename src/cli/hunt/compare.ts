/** `hunt --compare A B`: compares two stored hunts or `--json` files, or a command at two git revisions. */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import {
  answerOf,
  type Compared,
  type Comparison,
  compare,
  comparisonText,
  type Hunt,
  type HuntAnswer,
} from '@flake-sla/hunt'
import { huntLocally, type LocalHooks, type LocalSettings } from '@flake-sla/hunt/local'
import { findHunt } from '../../db/hunts.ts'
import { UserError } from '../../domain/user-error.ts'
import { withDatabase } from '../database.ts'
import { goalOf, type HuntOptions } from './options.ts'

const EXIT: Record<Comparison['decision'], number> = { better: 0, worse: 1, undecided: 3 }

/** Prints the comparison and sets the exit code. */
export function printComparison(comparison: Comparison, { json, format }: HuntOptions): void {
  const asJson = json || format === 'json'
  process.stdout.write(`${asJson ? JSON.stringify(comparison, null, 2) : comparisonText(comparison)}\n`)
  process.exitCode = EXIT[comparison.decision]
}

/** Compares stored hunts, by name, or files that `hunt --json` wrote. */
export async function compareStored(options: HuntOptions): Promise<void> {
  const [before, after] = twoOf(options)
  const { confidence } = goalOf(options)
  const files = [await fromFile(before), await fromFile(after)]
  const [first, second] = files.every((file) => file !== null)
    ? files
    : await fromDatabase([before, after], files, options)
  if (first && second) printComparison(compare(first, second, confidence), options)
}

/** The two operands of --compare. @throws UserError when there are not two */
export function twoOf({ compare: names = [] }: HuntOptions): [string, string] {
  const [before, after, ...more] = names
  if (before === undefined || after === undefined || more.length > 0)
    throw new UserError('--compare needs two values: before and after. Put -- before the command.')
  return [before, after]
}

async function fromFile(name: string): Promise<Compared | null> {
  const text = await readFile(name, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return comparedOf(name, JSON.parse(text) as HuntAnswer)
  } catch {
    throw new UserError(`${name} is not a file written by hunt --json.`)
  }
}

/** The counts of an answer. */
export function comparedOf(name: string, { passed, failed, succession }: HuntAnswer): Compared {
  if (!Number.isInteger(passed) || !Number.isInteger(failed)) throw new Error('no counts')
  return { name, passed, failed, clumped: succession.clumped }
}

function fromDatabase(
  names: readonly [string, string],
  files: readonly (Compared | null)[],
  { databaseUrl }: HuntOptions,
): Promise<(Compared | null)[]> {
  return withDatabase(databaseUrl, async (db) => {
    const found: (Compared | null)[] = []
    for (const [i, name] of names.entries()) {
      const answer = files[i] ? null : (await findHunt(db, name))?.answer
      if (!files[i] && !answer)
        throw new UserError(
          `${name} is neither a completed stored hunt (see hunt list) nor a file written by hunt --json. To compare two revisions, put the command after --.`,
        )
      found.push(files[i] ?? comparedOf(name, answer as unknown as HuntAnswer))
    }
    return found
  })
}

/** Runs the command at both revisions in turn, so that changes over time affect both equally. */
export async function compareRevisions(
  settings: LocalSettings,
  options: HuntOptions,
  hooks: LocalHooks,
): Promise<void> {
  const names = twoOf(options)
  const revisions = await Promise.all(names.map((name) => revisionOf(name, settings.cwd)))
  const hunt = await huntLocally(
    {
      ...settings,
      isolate: 'worktree',
      revisions,
      runs: 2 * settings.runs,
      allRuns: true,
      untilFailure: false,
    },
    hooks,
  )
  const [before, after] = names.map((name, i) => comparedOf(name, answerOf(halfOf(hunt, i))))
  if (before && after) printComparison(compare(before, after, settings.goal.confidence), options)
}

async function revisionOf(name: string, cwd: string): Promise<string> {
  try {
    const args = ['-C', cwd, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]
    return (await promisify(execFile)('git', args)).stdout.trim()
  } catch {
    throw new UserError(`${name} is not a revision of this git repository.`)
  }
}

function halfOf(hunt: Hunt, half: number): Hunt {
  return { ...hunt, runs: hunt.runs.filter((run) => (run.number - 1) % 2 === half), missed: false }
}
