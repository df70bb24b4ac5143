/** What a feature brings: tasks on GitHub, timers, and the commands that people give it. */

import type { LeasedTask } from '../db/outbox.ts'
import { findRepository, readRepositoryById } from '../db/repositories.ts'
import type { Row } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { TaskKind } from '../domain/task.ts'
import { type Octokit, pathOf, type RepositoryPath } from '../github/client.ts'

/** What came of a task, and where people see it. */
export interface TaskResult {
  result: string
  url: string | null
}

/** A task that takes hours is done in steps: the next one is due at `again_at` (epoch ms). */
export interface TaskPending {
  again_at: number
}

/** Where a task is done: the repository, and access to it at GitHub. */
export interface TaskContext {
  deps: Deps
  octokit: Octokit
  repository: Row<'repository'>
  path: RepositoryPath
  /** The login that the app's comments and issues carry. */
  login(): Promise<string>
}

/**
 * Access to a repository; null where the app is not set up, not installed or has been removed. Also null for a repository whose name
 * belongs to another by now: GitHub's API would answer about that one.
 */
export async function contextOf(deps: Deps, repositoryId: number): Promise<TaskContext | null> {
  const { db, github } = deps
  const repository = await readRepositoryById(db, repositoryId)
  if (!github || !repository?.installation_id || repository.removed_at) return null
  const named = await findRepository(db, repository.full_name)
  if (named?.repository_id !== repositoryId) return null
  const octokit = await github.octokitOf(repository.installation_id)
  return { deps, octokit, repository, path: pathOf(repository.full_name), login: () => github.botLogin() }
}

/** How one kind of task is done. */
export interface TaskHandler<K extends TaskKind> {
  /** Does the task. Done again, it finds what it wrote before. @throws what GitHub answered */
  run(context: TaskContext, task: LeasedTask<K>): Promise<TaskResult | TaskPending>
  /** Cleans up after a task that will never be done. */
  giveUp?(deps: Deps, task: LeasedTask<K>, error: unknown): Promise<void>
}

/** A handler for every kind of task. */
export type TaskHandlers = { [K in TaskKind]: TaskHandler<K> }

/** The handlers that one feature brings. */
export type FeatureTasks = Partial<TaskHandlers>

/** What a timer knows of the process that runs it. */
export interface TimerProcess {
  /** The database is embedded: no other process uses it. */
  alone: boolean
  /** Aborted when the process stops. */
  signal: AbortSignal
}

/** Something that a feature does by the clock, in one process at a time. */
export interface FeatureTimer {
  name: string
  /** Cron with five fields, UTC. */
  schedule: string
  /** Whether it also runs when the process starts. Default true. */
  atStart?: boolean
  run(deps: Deps, process: TimerProcess): Promise<void>
}
