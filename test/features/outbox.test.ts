/** The runner of tasks, with handlers made for the test: what is tried again, what is final, and what is never done. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { enqueueTask } from '../../src/db/outbox.ts'
import type { Deps } from '../../src/deps.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { newTask } from '../../src/domain/task.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/time.ts'
import { TASKS } from '../../src/features/all.ts'
import type { TaskHandler, TaskHandlers } from '../../src/features/feature.ts'
import { processOutbox } from '../../src/features/outbox.ts'
import type { Octokit } from '../../src/github/client.ts'
import { WouldWrite } from '../../src/github/dry-run.ts'
import { useDatabase } from '../support/database.ts'
import { at, ms, REPOSITORY_ID } from '../support/facts.ts'

const db = useDatabase()
const clock = { now: ms(60) }
const run = vi.fn<TaskHandler<'settings'>['run']>()
const giveUp = vi.fn(async () => {})
const handlers: TaskHandlers = { ...TASKS, settings: { run, giveUp } }
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }

const deps = (): Deps => ({
  ...{ db: db(), log, publicUrl: null, dryRun: false, commands: [] },
  now: () => clock.now,
  github: {
    octokitOf: async () => ({}) as Octokit,
    appOctokit: async () => ({}) as Octokit,
    botLogin: async () => 'flake-sla[bot]',
  },
  settingsOf: async () => DEFAULT_SETTINGS,
})

const work = (more: Partial<Deps> = {}) => processOutbox({ ...deps(), ...more }, handlers)
const row = () => db().selectFrom('outbox').selectAll().executeTakeFirstOrThrow()
const answer = (status: number, message = 'no') => Object.assign(new Error(message), { status })

async function install(repository: { installation_id?: number | null; removed_at?: string | null } = {}) {
  const row = { full_name: 'acme/widgets', private: false, default_branch: 'main', reported_at: at(0) }
  await db()
    .insertInto('repository')
    .values({
      ...{ ...row, repository_id: REPOSITORY_ID, installation_id: 77, removed_at: null },
      ...repository,
    })
    .execute()
}

beforeEach(async () => {
  clock.now = ms(60)
  vi.clearAllMocks()
  run.mockResolvedValue({ result: 'settings read', url: null })
  await enqueueTask(
    db(),
    newTask({ repository_id: REPOSITORY_ID, task_key: 'settings', at: at(50) }, 'settings', {}),
  )
})

test('a task is done once and its result is stored', async () => {
  await install()
  expect([await work(), await work()]).toEqual([1, 0])
  expect(run).toHaveBeenCalledOnce()
  expect(await row()).toMatchObject({ result: 'settings read', done_at: at(60), last_error: null })
})

test('a task that is pending is due again at the time it names', async () => {
  await install()
  run.mockResolvedValue({ again_at: clock.now + MINUTE_MS })
  await work()
  expect(await row()).toMatchObject({ done_at: null, due_at: at(61), attempts: 0 })
})

describe('a task that is never done', () => {
  test.each<[string, Parameters<typeof install>[0]]>([
    ['a repository that was removed', { removed_at: at(40) }],
    ['a repository without an installation', { installation_id: null }],
  ])('%s: the handler is not called, and cleans up', async (_, repository) => {
    await install(repository)
    await work()
    expect(run).not.toHaveBeenCalled()
    expect(giveUp).toHaveBeenCalledOnce()
    expect(await row()).toMatchObject({ result: 'the app is not installed there', done_at: at(60) })
  })

  test('an app that is not set up does nothing', async () => {
    await install()
    await work({ github: null })
    expect(run).not.toHaveBeenCalled()
  })

  test('a row that holds no task is finished with a sentence and logged; the next task is done', async () => {
    await install()
    await db()
      .insertInto('outbox')
      .values({
        ...{ repository_id: REPOSITORY_ID, task_key: 'bad', kind: 'report', payload: '{"number":7}' },
        ...{ created_at: at(40), due_at: at(40) },
      })
      .execute()
    expect(await work()).toBe(2)
    const bad = await db()
      .selectFrom('outbox')
      .selectAll()
      .where('task_key', '=', 'bad')
      .executeTakeFirstOrThrow()
    expect(bad).toMatchObject({
      done_at: at(60),
      result: expect.stringMatching(
        /^not done: the payload of the report task is not valid: payload\.author: /,
      ),
    })
    expect(log.error).toHaveBeenCalledWith(
      expect.objectContaining({ task_key: 'bad', problem: expect.any(String) }),
      'task cannot be read',
    )
    expect(run).toHaveBeenCalledOnce()
  })
})

describe('a task that fails', () => {
  test.each([404, 410, 422, 403])('is given up after an answer of %i', async (status) => {
    await install()
    run.mockRejectedValue(answer(status, 'Validation Failed - https://docs.github.com/x'))
    await work()
    expect(await row()).toMatchObject({ result: 'given up: Validation Failed', done_at: at(60), url: null })
    expect(giveUp).toHaveBeenCalledOnce()
  })

  test.each<[string, unknown]>([
    ['a server error', answer(502)],
    ['no answer', new Error('socket hang up')],
    ['a rate limit', Object.assign(answer(403, 'API rate limit exceeded'), { response: { headers: {} } })],
  ])('is tried again after %s', async (_, error) => {
    await install()
    run.mockRejectedValue(error)
    await work()
    expect(giveUp).not.toHaveBeenCalled()
    expect(await row()).toMatchObject({ done_at: null, attempts: 1, last_error: (error as Error).message })
    expect(log.warn).toHaveBeenCalledWith(expect.objectContaining({ err: error }), 'task failed')
  })

  test('waits twice as long each time, an hour at most, and is given up at the tenth attempt', async () => {
    await install()
    run.mockRejectedValue(answer(502))
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      await work()
      const { due_at } = await row()
      waits.push(Date.parse(due_at) - clock.now)
      clock.now = Date.parse(due_at)
    }
    expect(waits.slice(0, 3)).toEqual([30 * SECOND_MS, 60 * SECOND_MS, 120 * SECOND_MS])
    expect(waits.at(-1)).toBe(HOUR_MS)
    await work()
    expect(await row()).toMatchObject({ result: 'given up: no', attempts: 10 })
  })

  test('because nothing may be written is finished with what would have been written', async () => {
    await install()
    run.mockRejectedValue(new WouldWrite('dry run: would POST /repos'))
    await work()
    expect(await row()).toMatchObject({ result: 'dry run: would POST /repos', done_at: at(60) })
    expect(log.warn).not.toHaveBeenCalled()
  })
})
