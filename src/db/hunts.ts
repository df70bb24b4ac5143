/** Stored hunts: their settings and environment, their runs and their outcome. */
import { sql } from 'kysely'
import type { Db, NewRow, Row } from './schema.ts'

export type HuntRow = Row<'hunt'>
export type HuntRunRow = Row<'hunt_run'>

/** What is known when a hunt begins. */
export interface HuntBeginning {
  name: string
  place: HuntRow['place']
  repository: string | null
  job: string | null
  changed: string | null
  notes: string
  settings: Record<string, unknown>
  environment: Record<string, string>
  started_at: string
  /** Identifies the command that requested it; a second hunt with the same key is the first one. */
  requested_key?: string
}

export interface HuntEnd {
  ended_at: string
  ending: string
  ended_by: number | null
  missed: boolean
  headline: string
  answer: Record<string, unknown>
}

const ROWS_AT_ONCE = 500

/** Begins a hunt, once for each command. A name that exists gets a number: `cache`, `cache-2`, `cache-3`. */
export async function beginHunt(db: Db, hunt: HuntBeginning): Promise<{ huntId: number; name: string }> {
  for (let i = 1; ; i++) {
    const name = i === 1 ? hunt.name : `${hunt.name}-${i}`
    const row = {
      ...hunt,
      name,
      settings: json(hunt.settings),
      environment: json(hunt.environment),
      missed: false,
    }
    const added = await db
      .insertInto('hunt')
      .values(storable(row) as NewRow<'hunt'>)
      .onConflict((conflict) => conflict.doNothing())
      .returning('hunt_id')
      .executeTakeFirst()
    if (added) return { huntId: added.hunt_id, name }
    const same =
      hunt.requested_key === undefined ? undefined : await findRequestedHunt(db, hunt.requested_key)
    if (same) return { huntId: same.hunt_id, name: same.name }
  }
}

/** Adds runs; a run that exists is not changed, so a step may be repeated. */
export async function addHuntRuns(
  db: Db,
  huntId: number,
  runs: readonly Omit<NewRow<'hunt_run'>, 'hunt_id'>[],
): Promise<void> {
  for (let i = 0; i < runs.length; i += ROWS_AT_ONCE) {
    const rows = runs.slice(i, i + ROWS_AT_ONCE).map((run) => storable({ ...run, hunt_id: huntId }))
    await db
      .insertInto('hunt_run')
      .values(rows as NewRow<'hunt_run'>[])
      .onConflict((conflict) => conflict.columns(['hunt_id', 'number']).doNothing())
      .execute()
  }
}

/** Ends a hunt whose runs were stored on the way, and stores them in their final order. */
export async function endKeptHunt(
  db: Db,
  huntId: number,
  runs: readonly Omit<NewRow<'hunt_run'>, 'hunt_id'>[],
  end: HuntEnd,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('hunt_run').where('hunt_id', '=', huntId).execute()
    await addHuntRuns(trx, huntId, runs)
    await endHunt(trx, huntId, end)
  })
}

/** Stores what a hunt in progress needs to resume. */
export async function keepSettings(db: Db, huntId: number, settings: Record<string, unknown>): Promise<void> {
  await db
    .updateTable('hunt')
    .set({ settings: json(settings) })
    .where('hunt_id', '=', huntId)
    .execute()
}

/** Adds to the environment of a hunt. */
export async function addEnvironment(
  db: Db,
  huntId: number,
  environment: Record<string, string>,
): Promise<void> {
  await sql`update hunt set environment = environment || ${json(environment)}::jsonb
    where hunt_id = ${huntId}`.execute(db)
}

/** Stores the outcome of a hunt. */
export async function endHunt(db: Db, huntId: number, end: HuntEnd): Promise<void> {
  await db
    .updateTable('hunt')
    .set(storable({ ...end, answer: json(end.answer) }))
    .where('hunt_id', '=', huntId)
    .execute()
}

/** Adds a line to the notes of a hunt. @returns false if no hunt has the name */
export async function noteHunt(db: Db, name: string, note: string): Promise<boolean> {
  const text = clean(note)
  const result = await db
    .updateTable('hunt')
    .set({ notes: sql`case when notes = '' then ${text} else notes || E'\n' || ${text} end` })
    .where('name', '=', name)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

/** The hunts whose name starts with the prefix, oldest first, as a series is read. */
export async function listHunts(db: Db, prefix = ''): Promise<HuntRow[]> {
  return db
    .selectFrom('hunt')
    .selectAll()
    .where(sql<boolean>`starts_with(name, ${prefix})`)
    .orderBy('started_at')
    .orderBy('hunt_id')
    .execute()
}

export async function findHunt(db: Db, name: string): Promise<HuntRow | undefined> {
  return db.selectFrom('hunt').selectAll().where('name', '=', name).executeTakeFirst()
}

/** The hunt that a command requested. */
export async function findRequestedHunt(db: Db, requestedKey: string): Promise<HuntRow | undefined> {
  return db.selectFrom('hunt').selectAll().where('requested_key', '=', requestedKey).executeTakeFirst()
}

/** An earlier hunt from a pull request of the same repository that began since a time (RFC 3339) and has not ended. */
export async function findHuntAhead(
  db: Db,
  { hunt_id, repository }: Pick<HuntRow, 'hunt_id' | 'repository'>,
  since: string,
): Promise<HuntRow | undefined> {
  return db
    .selectFrom('hunt')
    .selectAll()
    .where('repository', '=', repository)
    .where('requested_key', 'is not', null)
    .where('ended_at', 'is', null)
    .where('started_at', '>=', since)
    .where('hunt_id', '<', hunt_id)
    .orderBy('hunt_id')
    .executeTakeFirst()
}

/** Minutes that the other hunts from pull requests of the same repository have taken since a time (RFC 3339). */
export async function minutesSince(
  db: Db,
  { hunt_id, repository }: Pick<HuntRow, 'hunt_id' | 'repository'>,
  since: string,
): Promise<number> {
  const result = await sql<{
    minutes: number | null
  }>`select sum((settings ->> 'spent')::float8) as minutes from hunt
    where repository = ${repository} and requested_key is not null and hunt_id <> ${hunt_id}
      and coalesce(ended_at, started_at) >= ${since}`.execute(db)
  return result.rows[0]?.minutes ?? 0
}

/** The runs of a hunt, in order. */
export async function readHuntRuns(db: Db, huntId: number): Promise<HuntRunRow[]> {
  return db.selectFrom('hunt_run').selectAll().where('hunt_id', '=', huntId).orderBy('number').execute()
}

/** The hunts of a job, found by the names of repository and job, newest first. */
export async function readHuntsOfJob(
  db: Db,
  repository: string,
  job: string,
  limit: number,
): Promise<HuntRow[]> {
  return db
    .selectFrom('hunt')
    .selectAll()
    .where(sql<boolean>`lower(repository) = ${repository.toLowerCase()}`)
    .where('job', '=', job)
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute()
}

/** Removes what a program may print and PostgreSQL cannot store: NUL and lone surrogates. */
function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed()
}

function storable<T extends object>(row: T): T {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === 'string' ? clean(value) : value]),
  ) as T
}

function json(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? clean(part) : part))
}
