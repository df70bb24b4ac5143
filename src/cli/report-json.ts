/** Everything derived about a repository, in the JSON shape that people script against. */

import { readCoverage, readLastEvent } from '../db/coverage.ts'
import { readGaps } from '../db/gaps.ts'
import { leftOutJson, readGatesLeftOut } from '../db/gates.ts'
import { type FlakeJson, flakeJson, type WindowJson, windowJson } from '../db/json.ts'
import { readRequiredState } from '../db/missing.ts'
import { countOrphanHeads } from '../db/orphan-heads.ts'
import { readAllComments, readAllFlakes } from '../db/report.ts'
import type { Db, Row } from '../db/schema.ts'
import { type LoadedScope, readScope, type Scope } from '../db/scope.ts'
import { readWindows } from '../db/sla.ts'
import { readCompleteSince, readUnread, type Unread } from '../db/unread.ts'
import { retestsIn } from '../domain/command.ts'
import { headRulesOf } from '../domain/head-rules.ts'
import type { RequiredState } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import type { WindowKind } from '../domain/window.ts'

/** Counts of deliveries by outcome. */
export interface Tally {
  read: number
  recorded: number
  duplicates: number
  ignored: number
  rejected: { file: string; line: number; reason: string }[]
}

/** The output of `replay`. */
export interface ReplayReport {
  definition_version: number
  deliveries: Tally
  repositories: RepositoryReport[]
}

export interface RepositoryReport {
  repository: string
  required: RequiredState & { jobs: string[] }
  windows: Record<WindowKind, (WindowJson & { coverage: number | null })[]>
  flakes: ReportFlakeJson[]
  /** Jobs that would count but are gates, with their results on pull requests. */
  left_out: LeftOutJson[]
  retests: RetestJson[]
  /** The time of the newest event; null if there is none. */
  last_event_at: string | null
  /** Periods in which deliveries may be missing, newest first. */
  gaps: GapJson[]
  /** Commits with results outside known pull requests, the default branch and merge queues; mostly pushes to other branches. */
  unplaced_commits: number
  /** What the history lacks, and why. */
  unread: Unread[]
}

export interface LeftOutJson {
  job: string
  reason: 'gate'
  why: string
  runs: number
}

export interface GapJson {
  from: string
  to: string
  reason: string
  filled_at: string | null
}

export interface ReportFlakeJson extends FlakeJson {
  workflow: string | null
  event: string | null
}

export interface RetestJson {
  pull_request: number
  head_sha: string | null
  command: string
  jobs: string[]
  author: string
  bot: boolean
  at: string
}

/** Everything derived about a repository. */
export async function readReport(
  db: Db,
  repository: Row<'repository'>,
  settings: Settings,
): Promise<RepositoryReport> {
  const { repository_id } = repository
  const loaded = await readScope(db, repository_id, settings)
  const { scope, required, names } = loaded
  const completeSince = (await readCompleteSince(db, repository_id)) ?? Number.NEGATIVE_INFINITY
  const listed = async (rows: Row<'sla_window'>[]) => {
    // A window that begins before the history does would show a part of its results as all of them.
    const complete = rows.filter((row) => Date.parse(row.starts_at) >= completeSince)
    const withData = complete.filter((row) => row.prs > 0 || row.flakes > 0)
    const coverage = await readCoverage(db, repository_id, required.declared, withData)
    return withData.map((row, i) => ({ ...windowJson(row), coverage: coverage[i] ?? null }))
  }
  return {
    repository: repository.full_name,
    required: { ...(await readRequiredState(db, loaded)), jobs: names },
    windows: {
      day: await listed(await readWindows(db, repository_id, 'day')),
      week: await listed(await readWindows(db, repository_id, 'week')),
    },
    flakes: await readFlakes(db, scope),
    left_out: await readLeftOut(db, repository_id, loaded),
    retests: await readRetests(db, repository_id, settings),
    last_event_at: await readLastEvent(db, repository_id),
    gaps: (await readGaps(db, repository_id)).map(({ from_at, to_at, reason, filled_at }) => ({
      from: from_at,
      to: to_at,
      reason,
      filled_at,
    })),
    unplaced_commits: await countUnplaced(db, repository_id),
    unread: await readUnread(db, repository_id),
  }
}

/** The gates that are left out, as people script against them. */
export async function readLeftOut(
  db: Db,
  repositoryId: number,
  loaded: Pick<LoadedScope, 'required' | 'jobs'>,
): Promise<LeftOutJson[]> {
  return (await readGatesLeftOut(db, repositoryId, loaded)).map(leftOutJson)
}

async function countUnplaced(db: Db, repositoryId: number): Promise<number> {
  const { waiting, unknown } = await countOrphanHeads(db, repositoryId, new Date(0).toISOString())
  return waiting + unknown
}

/** Every flake in scope; `counted` says which of them count. */
async function readFlakes(db: Db, scope: Scope): Promise<ReportFlakeJson[]> {
  const flakes = await readAllFlakes(db, scope)
  return flakes.map((flake) => ({ ...flakeJson(flake), workflow: flake.workflow, event: flake.event }))
}

async function readRetests(db: Db, repositoryId: number, settings: Settings): Promise<RetestJson[]> {
  const { isBot, retestWords } = headRulesOf(settings)
  const comments = await readAllComments(db, repositoryId)
  return comments.flatMap((comment) =>
    retestsIn(comment.body, retestWords).map(({ command, jobs }) => ({
      pull_request: comment.number,
      head_sha: comment.head_sha,
      command,
      jobs,
      author: comment.author,
      bot: isBot({ login: comment.author, isBot: comment.author_is_bot }),
      at: comment.reported_at,
    })),
  )
}
