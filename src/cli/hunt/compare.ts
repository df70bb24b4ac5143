/** `hunt --compare A B`: kept hunts or `--json` files against one another, or a command run at two git revisions. */

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

/** Prints whether the second is better. */
export function tellComparison(comparison: Comparison, { json, format }: HuntOptions): void {
  const asJson = json || format === 'json'
  process.stdout.write(`${asJson ? JSON.stringify(comparison, null, 2) : comparisonText(comparison)}\n`)
  process.exitCode = EXIT[comparison.decision]
}

/** Kept hunts by name, or files that `hunt --json` wrote. */
export async function compareKept(options: HuntOptions): Promise<void> {
  const [before, after] = twoOf(options)
  const { confidence } = goalOf(options)
  const files = [await fromFile(before), await fromFile(after)]
  const [one, other] = files.every((file) => file !== null)
    ? files
    : await fromDatabase([before, after], files, options)
  if (one && other) tellComparison(compare(one, other, confidence), options)
}

/** @throws UserError when there are not two */
export function twoOf({ compare: names = [] }: HuntOptions): [string, string] {
  const [before, after, ...more] = names
  if (before === undefined || after === undefined || more.length > 0)
    throw new UserError('--compare takes two: before and after. Write -- before the command.')
  return [before, after]
}

async function fromFile(name: string): Promise<Compared | null> {
  const text = await readFile(name, 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return comparedOf(name, JSON.parse(text) as HuntAnswer)
  } catch {
    throw new UserError(`${name} is not what hunt --json writes.`)
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
          `${name} is neither a kept hunt that has ended (hunt list) nor a file of hunt --json. To run a command at two revisions, give it after --.`,
        )
      found.push(files[i] ?? comparedOf(name, answer as unknown as HuntAnswer))
    }
    return found
  })
}

/** Runs the command at both revisions in turn, so that what changes with time hits both alike. */
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
  if (before && after) tellComparison(compare(before, after, settings.goal.confidence), options)
}

async function revisionOf(name: string, cwd: string): Promise<string> {
  try {
    const words = ['-C', cwd, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]
    return (await promisify(execFile)('git', words)).stdout.trim()
  } catch {
    throw new UserError(`${name} is no revision of the git repository here.`)
  }
}

function halfOf(hunt: Hunt, half: number): Hunt {
  return { ...hunt, runs: hunt.runs.filter((run) => (run.number - 1) % 2 === half), missed: false }
}
