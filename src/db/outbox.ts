/** The outbox: tasks for GitHub, stored in the transaction of their cause and leased by one process at a time. */
import { sql } from 'kysely'
import { type NewTask, type Payloads, parseTask, REQUESTED_KINDS, type TaskKind } from '../domain/task.ts'
import { HOUR_MS, iso } from '../domain/time.ts'
import type { Db, Row } from './schema.ts'

const LEASE_MS = 120_000
const MAX_ERROR_LENGTH = 500

/** What is stored of a leased task beside its kind and payload. `due_at` is the end of the lease and identifies it. */
export type TaskState = Pick<
  Row<'outbox'>,
  'repository_id' | 'task_key' | 'created_at' | 'due_at' | 'attempts' | 'url'
>

/** A task that this process works on. */
export type LeasedTask<K extends TaskKind = TaskKind> = {
  [P in K]: TaskState & { kind: P; payload: Payloads[P] }
}[K]

/** A leased row that holds no task; `problem` is a sentence. */
export type UnreadableTask = TaskState & { kind: string; problem: string }

/** Adds a task; a second one with the same key changes nothing. @returns whether it is new */
export async function enqueueTask(db: Db, task: NewTask): Promise<boolean> {
  const row = await db
    .insertInto('outbox')
    .values({ ...task, payload: JSON.stringify(task.payload) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('task_key')
    .executeTakeFirst()
  return row !== undefined
}

/** Adds a task that is repeated under one key: whether it is new, waiting, leased or done, it is due again. */
export async function enqueueAgain(db: Db, task: NewTask): Promise<void> {
  const { created_at, ...rest } = task
  const row = { ...rest, payload: JSON.stringify(task.payload), attempts: 0, done_at: null }
  await db
    .insertInto('outbox')
    .values({ ...row, created_at })
    .onConflict((conflict) => conflict.columns(['repository_id', 'task_key']).doUpdateSet(row))
    .execute()
}

/**
 * Leases the next due task: those that people asked for first, then the one that has been due longest. A lease ends after
 * two minutes unless it is renewed; another process may then take the task. @param now epoch ms
 */
export async function leaseTask(db: Db, now: number): Promise<LeasedTask | UnreadableTask | null> {
  const { rows } = await sql<
    Row<'outbox'>
  >`update outbox set due_at = ${iso(now + LEASE_MS)}, attempts = attempts + 1
    where (repository_id, task_key) in (select repository_id, task_key from outbox
      where done_at is null and due_at <= ${iso(now)}
      order by kind <> all(${[...REQUESTED_KINDS]}), due_at, task_key limit 1 for update skip locked)
    returning *`.execute(db)
  const [row] = rows
  if (!row) return null
  const { repository_id, task_key, kind, payload, created_at, due_at, attempts, url } = row
  const state: TaskState = { repository_id, task_key, created_at, due_at, attempts, url }
  const task = parseTask({ kind, payload })
  return 'problem' in task ? { ...state, kind, ...task } : { ...state, ...task }
}

/** Extends the lease from `now` (epoch ms) and notes its new end in `task`; does nothing once the lease was lost. */
export async function renewLease(db: Db, task: TaskState, now: number): Promise<void> {
  const due_at = iso(now + LEASE_MS)
  const { numUpdatedRows } = await updateLeased(db, task, { due_at })
  if (numUpdatedRows > 0n) task.due_at = due_at
}

/** Marks a task as done and stores its result; does nothing once the lease was lost. `at` is epoch ms. */
export async function finishTask(
  db: Db,
  task: TaskState,
  { at, result, url }: { at: number; result: string; url: string | null },
): Promise<void> {
  await updateLeased(db, task, { done_at: iso(at), result, url, last_error: null })
}

/** Makes a task that succeeded so far due again at a time (epoch ms); does nothing once the lease was lost. */
export async function continueTask(db: Db, task: TaskState, until: number): Promise<void> {
  await updateLeased(db, task, { due_at: iso(until), attempts: 0, last_error: null })
}

/** Makes a task that failed due again at a time (epoch ms); does nothing once the lease was lost. */
export async function postponeTask(db: Db, task: TaskState, until: number, error: string): Promise<void> {
  await updateLeased(db, task, { due_at: iso(until), last_error: error.slice(0, MAX_ERROR_LENGTH) })
}

/** Updates the row of a task only while the lease in `task` is the newest one. */
function updateLeased(
  db: Db,
  { repository_id, task_key, due_at }: TaskState,
  values: Partial<Pick<Row<'outbox'>, 'due_at' | 'done_at' | 'attempts' | 'result' | 'url' | 'last_error'>>,
) {
  return db
    .updateTable('outbox')
    .set(values)
    .where('repository_id', '=', repository_id)
    .where('task_key', '=', task_key)
    .where('due_at', '=', due_at)
    .executeTakeFirst()
}

/**
 * Notes the address of what an unfinished task has written. The next step finds it there: GitHub's lists may not show it
 * yet.
 */
export async function noteUrl(db: Db, task: TaskState, url: string): Promise<void> {
  if (task.url === url) return
  await db
    .updateTable('outbox')
    .set({ url })
    .where('repository_id', '=', task.repository_id)
    .where('task_key', '=', task.task_key)
    .execute()
  task.url = url
}

/** Counts the tasks of the same kind that the same person requested in the hour before this one, done or not. */
export async function countRequestsBefore(db: Db, task: LeasedTask<'report' | 'retest'>): Promise<number> {
  const { author, requested_at } = task.payload
  const since = iso(Date.parse(requested_at) - HOUR_MS)
  const { rows } = await sql<{ requests: number }>`select count(*) as requests from outbox
    where kind = ${task.kind} and payload ->> 'author' = ${author} and created_at > ${since}
      and (created_at, task_key) < (${task.created_at}, ${task.task_key})`.execute(db)
  return rows[0]?.requests ?? 0
}

/** The address of the newest report that answered an earlier command on the same pull request; null if there is none. */
export async function readEarlierReport(db: Db, task: LeasedTask<'report'>): Promise<string | null> {
  const { rows } = await sql<{ url: string }>`select url from outbox
    where repository_id = ${task.repository_id} and kind = 'report'
      and (payload ->> 'number')::int = ${task.payload.number}
      and url is not null and payload ->> 'job' is distinct from '?'
      and (created_at, task_key) < (${task.created_at}, ${task.task_key})
    order by created_at desc, task_key desc limit 1`.execute(db)
  return rows[0]?.url ?? null
}
