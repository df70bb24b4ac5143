/** Stored hunts: `hunt list`, `hunt show` and `hunt note`, and storing a hunt that has ended. */

import { writeFile } from 'node:fs/promises'
import {
  answerOf,
  endOf,
  type Hunt,
  type HuntAnswer,
  headline,
  huntPicture,
  NO_REPORTS,
  runOf,
  type StoredHunt,
  seriesSettings,
  seriesTable,
} from '@flake-sla/hunt'
import {
  addHuntRuns,
  beginHunt,
  endHunt,
  findHunt,
  type HuntRow,
  listHunts,
  noteHunt,
  readHuntRuns,
} from '../../db/hunts.ts'
import type { Db } from '../../db/schema.ts'
import { UserError } from '../../domain/user-error.ts'
import { withDatabase } from '../database.ts'
import type { HuntOptions } from './options.ts'
import { printHunt } from './print.ts'

/** The subcommands, unless the words come after `--`. */
export const KEPT_WORDS = ['list', 'show', 'note'] as const
export type KeptWord = (typeof KEPT_WORDS)[number]

/** `hunt list [PREFIX]`, `hunt show NAME`, `hunt note NAME TEXT…`. */
export async function keptHunts(
  word: KeptWord,
  [name, ...rest]: readonly string[],
  options: HuntOptions,
): Promise<void> {
  await withDatabase(options.databaseUrl, async (db) => {
    if (word === 'list') return list(db, name ?? '', options)
    if (name === undefined) throw new UserError(`Give a name: flake-sla hunt ${word} NAME. See hunt list.`)
    return word === 'show' ? show(db, name, options) : note(db, name, rest.join(' '))
  })
}

async function list(db: Db, prefix: string, options: HuntOptions): Promise<void> {
  const hunts = (await listHunts(db, prefix)).map(keptOf)
  if (options.json || options.format === 'json')
    return print(JSON.stringify({ hunts: hunts.map(withoutOutputs) }, null, 2))
  if (hunts.length === 0) return print('No hunts are stored yet. Store one with hunt --name NAME -- COMMAND.')
  print(seriesTable(hunts, options.format === 'markdown'))
}

async function show(db: Db, name: string, options: HuntOptions): Promise<void> {
  const hunt = await findHunt(db, name)
  if (!hunt) throw new UserError(`There is no hunt ${name}. See hunt list.`)
  const answer = (hunt.answer as HuntAnswer | null) ?? (await soFar(db, hunt))
  if (options.picture !== undefined) {
    const runs = (await readHuntRuns(db, hunt.hunt_id)).map(runOf)
    await writeFile(options.picture, `${huntPicture(runs, headline(answer))}\n`)
  }
  print(printHunt(answer, options))
}

/** Of a hunt that is under way, or was broken off, what its runs say until now. */
async function soFar(db: Db, { hunt_id, name, settings }: HuntRow): Promise<HuntAnswer> {
  const runs = (await readHuntRuns(db, hunt_id)).map(runOf)
  if (runs.length === 0) throw new UserError(`The hunt ${name} has no completed runs yet.`)
  process.stderr.write(`${name} has not ended; this is its answer so far.\n`)
  const { goal, parallel } = settings as unknown as Pick<Hunt, 'goal' | 'parallel'>
  const open = { ending: 'runs', ended_by: null, missed: false, ordered: true } as const
  return answerOf({ goal, parallel, ...open, runs, tests: [], reports: NO_REPORTS })
}

async function note(db: Db, name: string, text: string): Promise<void> {
  if (text.trim() === '') throw new UserError(`Give the text: flake-sla hunt note ${name} TEXT.`)
  if (!(await noteHunt(db, name, text.trim())))
    throw new UserError(`There is no hunt ${name}. See hunt list.`)
  print(`Added the note to ${name}.`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** A stored hunt, for tables. */
export function keptOf(row: HuntRow): StoredHunt & { repository: string | null; job: string | null } {
  const { name, changed, notes, environment, started_at, ended_at, repository, job } = row
  const answer = row.answer as HuntAnswer | null
  const settings = seriesSettings(row.settings)
  return { name, changed, notes, repository, job, settings, environment, started_at, ended_at, answer }
}

function withoutOutputs(hunt: StoredHunt): StoredHunt {
  if (hunt.answer === null) return hunt
  const groups = hunt.answer.groups.map((group) => ({ ...group, output: null }))
  return { ...hunt, answer: { ...hunt.answer, groups } }
}

/** What is known of a stored hunt before its runs. */
export interface Keeping {
  name: string
  place: HuntRow['place']
  settings: Record<string, unknown>
  environment: Record<string, string>
}

/** Opens the database before the runs, so that a failure to open it does not appear after an hour. */
export async function checkKeeping({ databaseUrl }: HuntOptions): Promise<void> {
  await withDatabase(databaseUrl, async () => {})
}

/** Stores a hunt that has ended. @returns its name, which is numbered if it was taken */
export async function keepHunt(
  options: HuntOptions,
  { name, place, settings, environment }: Keeping,
  hunt: Hunt,
  answer: HuntAnswer,
): Promise<string> {
  return withDatabase(options.databaseUrl, async (db) => {
    const { repository = null, job = null, change: changed = null, note: notes = '' } = options
    const times = hunt.runs.map((run) => run.started_at).sort()
    const started_at = times[0] ?? new Date().toISOString()
    const beginning = { name, place, repository, job, changed, notes, settings, environment, started_at }
    const begun = await beginHunt(db, beginning)
    await addHuntRuns(db, begun.huntId, hunt.runs)
    await endHunt(db, begun.huntId, endOf(hunt, new Date().toISOString(), answer))
    return begun.name
  })
}
