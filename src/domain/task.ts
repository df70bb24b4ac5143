/** Tasks: what the app will do on GitHub because of what was recorded. This file names every kind and what it carries. */
import { z } from 'zod'

const number = z.int().positive()
const time = z.iso.datetime()

/** What every command in a comment carries. */
const command = {
  number,
  author: z.string(),
  comment_id: z.int(),
  comment_kind: z.enum(['issue_comment', 'review', 'review_comment']),
  requested_at: time,
}

const correction = z.object({
  says: z.enum(['mine', 'not_mine', 'reset']),
  job: z.string().nullable(),
  reason: z.string(),
})
const retestCommand = z.enum(['retest', 'retest_required', 'test', 'test_all'])
/** A local day, `YYYY-MM-DD`. */
const day = z.object({ day: z.iso.date() })

function kind<K extends string, P extends z.ZodType>(name: K, payload: P) {
  return z.object({ kind: z.literal(name), payload })
}

const taskSchema = z.discriminatedUnion('kind', [
  /** Answers `/flake-report`; `job` is null for all jobs and `?` for the help text. */
  kind('report', z.object({ ...command, job: z.string().nullable() })),
  /** Carries out `/retest`, `/retest-required` and `/test`. `lines` is what follows each `/test`. */
  kind('retest', z.object({ ...command, commands: z.array(retestCommand), lines: z.array(z.string()) })),
  /** Takes `/flake mine|not-mine|reset`. A command that cannot be understood carries the answer to write. */
  kind(
    'correction',
    z.object({
      ...command,
      comment_key: z.string(),
      correction: z.union([correction, z.object({ problem: z.string() })]),
    }),
  ),
  /** Carries out `/hunt`; `words` is everything after the command. */
  kind('hunt', z.object({ ...command, words: z.string() })),
  /** Files or updates the issue about a day out of SLA. */
  kind('breach', day),
  /** Closes that issue, because the seven days up to `day` are back in SLA. */
  kind('breach-close', day),
  /** Opens, updates and closes the issues about single jobs, once a day. */
  kind('job-issues', day),
  /** Reads the settings file again: that of a pushed commit, or the newest. A change holds from `since`, or from when it is read. */
  kind('settings', z.object({ sha: z.string().optional(), since: time.optional() })),
  /** Checks a settings file that a pull request changes. */
  kind('settings-check', z.object({ number, head_sha: z.string() })),
  /** Reads the required jobs again; a change holds from `since`. */
  kind('required', z.object({ since: time })),
  /** Asks GitHub for the name and visibility of the repository. */
  kind('repository', z.object({})),
  /** Reports on a flaky head without a command. `state` changes whenever the report would. */
  kind('automatic', z.object({ number, head_sha: z.string(), state: z.string() })),
])

export type Task = z.infer<typeof taskSchema>
export type TaskKind = Task['kind']
/** What each kind of task carries. */
export type Payloads = { [T in Task as T['kind']]: T['payload'] }

/** Lower goes first. People wait for answers to commands, and for nothing else. */
const PRIORITIES: Record<TaskKind, 0 | 1> = {
  report: 0,
  retest: 0,
  correction: 0,
  hunt: 0,
  breach: 1,
  'breach-close': 1,
  'job-issues': 1,
  settings: 1,
  'settings-check': 1,
  required: 1,
  repository: 1,
  automatic: 1,
}

/** Kinds of tasks that a person asked for in a comment. */
export const REQUESTED_KINDS: readonly string[] = Object.entries(PRIORITIES)
  .filter(([, priority]) => priority === 0)
  .map(([name]) => name)

/** A task of one kind to be added to the outbox; times are RFC 3339. */
export interface NewTaskOf<K extends TaskKind> {
  repository_id: number
  /** Identifies the task within its repository: the same request has the same key. */
  task_key: string
  kind: K
  payload: Payloads[K]
  created_at: string
  due_at: string
}

/** A task of any kind to be added to the outbox. */
export type NewTask = { [K in TaskKind]: NewTaskOf<K> }[TaskKind]

/** Makes a task that is due at once. @param at when it was requested, RFC 3339 */
export function newTask<K extends TaskKind>(
  { repository_id, task_key, at }: { repository_id: number; task_key: string; at: string },
  kind: K,
  payload: Payloads[K],
): NewTaskOf<K> {
  return { repository_id, task_key, kind, payload, created_at: at, due_at: at }
}

/** Parses a stored task. @returns the task, or a sentence that says why it cannot be read */
export function parseTask(stored: { kind: string; payload: unknown }): Task | { problem: string } {
  const result = taskSchema.safeParse(stored)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  if (path === 'kind') return { problem: `no task is of the kind ${stored.kind}` }
  return { problem: `the payload of the ${stored.kind} task is not valid: ${path}: ${issue?.message}` }
}
