/** Works off the outbox, one task at a time. A task may run more than once, so each looks for what it wrote before. */
import {
  continueTask,
  finishTask,
  type LeasedTask,
  leaseTask,
  postponeTask,
  renewLease,
  type TaskState,
  type UnreadableTask,
} from '../db/outbox.ts'
import type { Deps } from '../deps.ts'
import type { TaskKind } from '../domain/task.ts'
import { HOUR_MS, SECOND_MS } from '../domain/time.ts'
import { messageOf } from '../domain/user-error.ts'
import { WouldWrite } from '../github/dry-run.ts'
import { isRateLimit, limitWait } from '../github/rate-limit.ts'
import {
  contextOf,
  type TaskHandler,
  type TaskHandlers,
  type TaskPending,
  type TaskResult,
} from './feature.ts'

const NOT_INSTALLED = 'the app is not installed there'
/** Well within the two minutes of a lease. */
const RENEW_MS = 40 * SECOND_MS
const MAX_ATTEMPTS = 10
const MIN_DELAY_MS = 15 * SECOND_MS
const MAX_DELAY_MS = HOUR_MS
const MAX_RESULT_LENGTH = 300

/** Does every task that is due. @returns how many were tried */
export async function processOutbox(deps: Deps, handlers: TaskHandlers): Promise<number> {
  for (let tried = 0; ; tried++) {
    const task = await leaseTask(deps.db, deps.now())
    if (!task) return tried
    if ('problem' in task) await refuseTask(deps, task)
    else await tryTask(deps, handlers, task)
  }
}

/** A row that holds no task is finished: trying again would not make it readable. */
async function refuseTask(deps: Deps, task: UnreadableTask): Promise<void> {
  const { repository_id, task_key, kind, problem } = task
  deps.log.error({ repository_id, task_key, kind, problem }, 'task cannot be read')
  await finishTask(deps.db, task, { at: deps.now(), result: `not done: ${problem}`, url: null })
}

async function tryTask<K extends TaskKind>(
  deps: Deps,
  handlers: TaskHandlers,
  task: LeasedTask<K>,
): Promise<void> {
  const { repository_id, task_key } = task
  const handler: TaskHandler<K> = handlers[task.kind]
  const lease = keepLease(deps, task)
  try {
    const done = await doTask(deps, handler, task).finally(() => lease.release())
    if ('again_at' in done) return await continueTask(deps.db, task, done.again_at)
    await finishTask(deps.db, task, { at: deps.now(), ...done })
    deps.log.info({ repository_id, task_key, result: done.result, url: done.url }, 'task done')
  } catch (error) {
    await handleFailure(deps, handler, task, error)
  }
}

async function doTask<K extends TaskKind>(
  deps: Deps,
  handler: TaskHandler<K>,
  task: LeasedTask<K>,
): Promise<TaskResult | TaskPending> {
  const context = await contextOf(deps, task.repository_id)
  if (context) return handler.run(context, task)
  await handler.giveUp?.(deps, task, new Error(NOT_INSTALLED))
  return { result: NOT_INSTALLED, url: null }
}

/** Tries the task again later, unless that cannot help. */
async function handleFailure<K extends TaskKind>(
  deps: Deps,
  handler: TaskHandler<K>,
  task: LeasedTask<K>,
  error: unknown,
): Promise<void> {
  const { repository_id, task_key, kind, attempts } = task
  const giveUp = async (result: string) => {
    await handler.giveUp?.(deps, task, error)
    await finishTask(deps.db, task, { at: deps.now(), result, url: null })
  }
  const message = messageOf(error)
  if (error instanceof WouldWrite) return giveUp(message)
  deps.log.warn({ repository_id, task_key, kind, attempts, err: error }, 'task failed')
  if (isFinal(error) || attempts >= MAX_ATTEMPTS)
    return giveUp(`given up: ${message.slice(0, MAX_RESULT_LENGTH)}`)
  const until = deps.now() + delayOf(error, deps.now(), attempts)
  await postponeTask(deps.db, task, until, message)
}

/** Milliseconds until the next try: twice as long each time, and not before GitHub's rate limit resets. */
function delayOf(error: unknown, now: number, attempts: number): number {
  const delay = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** attempts)
  return isRateLimit(error) ? Math.max(delay, limitWait(error, now, attempts)) : delay
}

/** GitHub's answer will stay the same: not found, gone, forbidden (unless it is a rate limit) or not valid. */
function isFinal(error: unknown): boolean {
  const { status } = error as { status?: number }
  if (status === 403) return !isRateLimit(error)
  return status === 404 || status === 410 || status === 422
}

/** Renews the lease while this process works on the task, which may wait for GitHub. */
function keepLease(deps: Deps, task: TaskState): { release(): Promise<void> } {
  let renewing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    renewing = renewing
      .then(() => renewLease(deps.db, task, deps.now()))
      .catch((err: unknown) => deps.log.warn({ task_key: task.task_key, err }, 'lease could not be renewed'))
  }, RENEW_MS)
  timer.unref()
  return {
    release: () => {
      clearInterval(timer)
      return renewing
    },
  }
}
