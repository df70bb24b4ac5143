/** The outbox: which task is leased first, who holds a lease, and what the holder of a lost lease can no longer change. */
import { describe, expect, test } from 'vitest'
import {
  continueTask,
  countRequestsBefore,
  enqueueAgain,
  enqueueTask,
  finishTask,
  type LeasedTask,
  leaseTask,
  noteUrl,
  postponeTask,
  readEarlierReport,
  renewLease,
} from '../../src/db/outbox.ts'
import { newTask, type Payloads } from '../../src/domain/task.ts'
import { iso, MINUTE_MS } from '../../src/domain/time.ts'
import { useDatabase } from '../support/database.ts'
import { at, ms } from '../support/facts.ts'

const db = useDatabase()
const NOW = ms(60)

const COMMAND = {
  number: 7,
  author: 'octocat',
  comment_id: 4000,
  comment_kind: 'issue_comment',
  requested_at: at(50),
} as const

const place = (task_key: string, minute = 50) => ({ repository_id: 1, task_key, at: at(minute) })
const report = (key: string, minute = 50, payload: Partial<Payloads['report']> = {}) =>
  newTask(place(key, minute), 'report', { ...COMMAND, job: null, requested_at: at(minute), ...payload })
const settings = (key: string, minute = 50) => newTask(place(key, minute), 'settings', {})

const row = (key: string) =>
  db().selectFrom('outbox').selectAll().where('task_key', '=', key).executeTakeFirstOrThrow()

async function lease(now = NOW): Promise<LeasedTask> {
  const task = await leaseTask(db(), now)
  if (!task || 'problem' in task) throw new Error('no task was due')
  return task
}

async function leaseReport(now = NOW): Promise<LeasedTask<'report'>> {
  const task = await lease(now)
  if (task.kind !== 'report') throw new Error('no report was due')
  return task
}

describe('the order of work', () => {
  test('tasks that people requested go first, even when others have been due for longer', async () => {
    const older = 1
    const tasks = [
      newTask(place('settings', older), 'settings', {}),
      newTask(place('required', older), 'required', { since: at(older) }),
      newTask(place('breach', older), 'breach', { day: '2026-02-01' }),
      newTask(place('automatic', older), 'automatic', { number: 7, head_sha: 'a', state: 's' }),
      newTask(place('job-issues', older), 'job-issues', { day: '2026-02-01' }),
      report('report', 40),
      newTask(place('retest', 41), 'retest', { ...COMMAND, commands: ['retest'], lines: [] }),
      newTask(place('correction', 42), 'correction', {
        ...{ ...COMMAND, comment_key: 'c' },
        correction: { problem: 'Say why.' },
      }),
      newTask(place('hunt', 43), 'hunt', { ...COMMAND, words: 'unit' }),
    ] as const
    for (const task of tasks) await enqueueTask(db(), task)
    const order = []
    for (let task = await leaseTask(db(), NOW); task; task = await leaseTask(db(), NOW)) order.push(task.kind)
    expect(order.slice(0, 4)).toEqual(['report', 'retest', 'correction', 'hunt'])
    expect(order).toHaveLength(tasks.length)
  })

  test('of two tasks that nobody requested, the one that has been due for longer goes first', async () => {
    await enqueueTask(db(), settings('second', 30))
    await enqueueTask(db(), settings('first', 20))
    expect([(await lease()).task_key, (await lease()).task_key]).toEqual(['first', 'second'])
  })

  test('a task is not leased before it is due, nor after it is done', async () => {
    await enqueueTask(db(), settings('later', 70))
    expect(await leaseTask(db(), NOW)).toBeNull()
    const task = await lease(ms(70))
    await finishTask(db(), task, { at: ms(70), result: 'done', url: null })
    expect(await leaseTask(db(), ms(1000))).toBeNull()
  })
})

describe('a row that cannot be parsed', () => {
  test('is leased with a description of the problem and does not block the other tasks', async () => {
    await enqueueTask(db(), settings('good', 50))
    await db()
      .insertInto('outbox')
      .values({ ...settings('bad', 40), kind: 'poem', payload: '{}' })
      .execute()
    expect(await leaseTask(db(), NOW)).toMatchObject({
      task_key: 'bad',
      problem: expect.stringMatching(/poem/),
    })
    expect((await lease()).task_key).toBe('good')
  })
})

describe('a task is added once for each key', () => {
  test('a second one with the same key changes nothing', async () => {
    expect(await enqueueTask(db(), report('a', 40))).toBe(true)
    expect(await enqueueTask(db(), report('a', 41, { number: 8 }))).toBe(false)
    expect(await row('a')).toMatchObject({ payload: { number: 7 }, created_at: at(40) })
  })

  test('a repeated task is due again after it was done, with its newest payload', async () => {
    const automatic = (minute: number, state: string) =>
      newTask(place('automatic:7', minute), 'automatic', { number: 7, head_sha: 'a', state })
    await enqueueAgain(db(), automatic(40, 'first'))
    await finishTask(db(), await lease(), { at: NOW, result: 'comment written', url: 'https://c/1' })
    await enqueueAgain(db(), automatic(60, 'second'))
    const again = await lease()
    expect(again).toMatchObject({ attempts: 1, url: 'https://c/1', payload: { state: 'second' } })
  })
})

describe('a lease', () => {
  test('keeps the task from other processes for two minutes, or longer when it is renewed', async () => {
    await enqueueTask(db(), report('a'))
    const task = await lease()
    expect(await leaseTask(db(), NOW + 1.9 * MINUTE_MS)).toBeNull()
    await renewLease(db(), task, NOW + MINUTE_MS)
    expect(await leaseTask(db(), NOW + 2.5 * MINUTE_MS)).toBeNull()
    expect((await lease(NOW + 3 * MINUTE_MS)).attempts).toBe(2)
  })

  test.each<[string, (task: LeasedTask) => Promise<void>]>([
    ['renewed', (task) => renewLease(db(), task, NOW + 9 * MINUTE_MS)],
    ['finished', (task) => finishTask(db(), task, { at: NOW, result: 'too late', url: 'https://c/1' })],
    ['postponed', (task) => postponeTask(db(), task, NOW, 'too late')],
    ['continued', (task) => continueTask(db(), task, NOW)],
  ])('that another process has taken over cannot be %s', async (_, act) => {
    await enqueueTask(db(), report('a'))
    const lost = await lease()
    const { due_at } = lost
    const held = await lease(NOW + 2 * MINUTE_MS)
    await act(lost)
    expect(lost.due_at).toBe(due_at)
    expect(await row('a')).toMatchObject({
      ...{ due_at: held.due_at, done_at: null, attempts: 2 },
      ...{ result: null, url: null, last_error: null },
    })
  })

  test('that was lost to a repeated request does not finish the new request', async () => {
    await enqueueAgain(db(), settings('settings', 50))
    const task = await lease()
    await enqueueAgain(db(), settings('settings', 60))
    await finishTask(db(), task, { at: NOW, result: 'settings unchanged', url: null })
    expect(await row('settings')).toMatchObject({ done_at: null, due_at: at(60) })
  })
})

describe('after an attempt', () => {
  test('a failed task is due again later, with the error cut to 500 characters', async () => {
    await enqueueTask(db(), report('a'))
    await postponeTask(db(), await lease(), NOW + MINUTE_MS, 'e'.repeat(600))
    expect(await row('a')).toMatchObject({ due_at: iso(NOW + MINUTE_MS), last_error: 'e'.repeat(500) })
  })

  test('a task that continues starts counting its attempts again', async () => {
    await enqueueTask(db(), report('a'))
    await continueTask(db(), await lease(), NOW + MINUTE_MS)
    expect(await row('a')).toMatchObject({ attempts: 0, due_at: iso(NOW + MINUTE_MS), last_error: null })
  })

  test('the address of what it has written is kept for the next step', async () => {
    await enqueueTask(db(), report('a'))
    const task = await lease()
    await noteUrl(db(), task, 'https://c/1')
    expect([task.url, (await row('a')).url]).toEqual(['https://c/1', 'https://c/1'])
  })
})

describe('what was requested before', () => {
  test('only the hour, the person and the kind of the task count', async () => {
    await enqueueTask(db(), report('too old', -11))
    await enqueueTask(db(), report('in time', -9))
    await enqueueTask(db(), report('another person', 20, { author: 'hubot' }))
    await enqueueTask(
      db(),
      newTask(place('another kind', 20), 'retest', { ...COMMAND, commands: ['retest'], lines: [] }),
    )
    await enqueueTask(db(), report('own', 50))
    await db()
      .updateTable('outbox')
      .set({ done_at: at(55) })
      .where('task_key', '<>', 'own')
      .execute()
    expect(await countRequestsBefore(db(), await leaseReport())).toBe(1)
  })

  test('the report to collapse is the newest earlier answer on the same pull request, and not a help text', async () => {
    const answered = async (key: string, minute: number, payload: Partial<Payloads['report']> = {}) => {
      await enqueueTask(db(), report(key, minute, payload))
      await finishTask(db(), await lease(), { at: NOW, result: 'report written', url: `https://c/${key}` })
    }
    await answered('oldest', 10)
    await answered('newest', 20)
    await answered('help', 30, { job: '?' })
    await answered('elsewhere', 31, { number: 8 })
    await answered('later', 55)
    await enqueueTask(db(), report('own', 50))
    expect(await readEarlierReport(db(), await leaseReport())).toBe('https://c/newest')
  })
})
