/**
 * Reads a repository's history over the API, page by page. Each page is stored in one transaction with the pages it leads to,
 * so a killed process repeats nothing that was stored, and several processes share the work.
 */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BackfillProgress, finishBackfill, readProgress, startBackfill } from '../../db/backfill.ts'
import {
  type ClaimedPage,
  claimPage,
  finishPage,
  freeClaims,
  hasOpenPages,
  keepClaims,
  noteProblem,
  type UnreadablePage,
} from '../../db/backfill-pages.ts'
import type { Db } from '../../db/schema.ts'
import type { Page, PageKind, PagePayloads } from '../../domain/backfill-page.ts'
import { iso } from '../../domain/time.ts'
import { pathOf } from '../../github/client.ts'
import { GraphqlRefusal, type ThrottledClient } from '../../github/throttled-client.ts'
import { firstRuns, readAttempt, readJobs, readRuns } from './actions.ts'
import { firstComments, readComments } from './comments.ts'
import { readChecks, readStatuses } from './heads.ts'
import { readKeptDays } from './kept-days.ts'
import { looksWithoutGraphql, readLook, smallerLooks } from './looks.ts'
import { firstOldPulls, oldPullsWithoutGraphql, readOldPulls } from './old-pulls.ts'
import { type PageResult, type ReadContext, type ReadRepository, refusalOf } from './page.ts'
import { firstPulls, readPulls, shorterPulls } from './pulls.ts'
import {
  firstPullsWithoutGraphql,
  readPull,
  readPullByNumber,
  readPullsWithoutGraphql,
} from './pulls-rest.ts'
import { readOrphans } from './run-heads.ts'
import { firstTrunk, readTrunk } from './trunk.ts'
import { readWholePull } from './whole-pull.ts'

const WORKERS = 6
const NOTHING: PageResult = { facts: [], next: [], found: [] }
/** Without these pages there is nothing else to read. */
const NEEDED: ReadonlySet<PageKind> = new Set(['pulls', 'pulls-rest'])
const HEARTBEAT_MS = 3000
const POLL_MS = 500
/** Results may arrive this long after the last update of their pull request. */
const OVERLAP_MS = 3 * 86_400_000

export interface ReadOptions {
  /** Epoch ms: how far back. */
  since: number
  now: () => number
  /** The database is embedded: claims of other processes are left over from ones that ended. */
  alone: boolean
  signal?: AbortSignal | undefined
  onProgress?: (progress: BackfillProgress) => void
}

/** The repository as it is at GitHub now. @throws what GitHub answered: 404 if the token cannot see it */
export async function readRepository(client: ThrottledClient, fullName: string): Promise<ReadRepository> {
  const { data } = await client.get('GET /repos/{owner}/{repo}', { ...pathOf(fullName) })
  const { id, full_name, default_branch, private: isPrivate } = data as ReadRepository
  return {
    id,
    full_name: full_name ?? fullName,
    private: isPrivate ?? false,
    default_branch: default_branch ?? 'main',
  }
}

/** Reads until everything is stored or the signal is aborted. @returns whether everything is stored */
export async function readHistory(
  db: Db,
  client: ThrottledClient,
  repository: ReadRepository,
  options: ReadOptions,
): Promise<boolean> {
  const claimer = randomUUID()
  if (options.alone) await freeClaims(db, null)
  const { owner, repo } = pathOf(repository.full_name)
  const keptDays = await readKeptDays(client, { owner, repo, private: repository.private })
  const times = { since: iso(options.since), now: iso(options.now()), overlapMs: OVERLAP_MS }
  const backfill = await startBackfill(db, repository.id, { ...times, keptDays }, firstPages)
  if (backfill.done_at) return true
  const { since, started_at: startedAt, complete_since: completeSince, continues } = backfill
  const context = { db, client, repository, owner, repo, since, startedAt, completeSince, continues }
  const reportProgress = async () => options.onProgress?.(await readProgress(db, repository.id))
  const heartbeat = setInterval(() => void keepClaims(db, claimer).catch(() => undefined), HEARTBEAT_MS)
  const progress = setInterval(() => void reportProgress().catch(() => undefined), 1000)
  // A worker that fails stops the others: they would wait for its page.
  const stop = new AbortController()
  const stopped = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  try {
    const workers = Array.from({ length: WORKERS }, () =>
      work(context, claimer, stopped).catch((error: unknown) => {
        stop.abort()
        throw error
      }),
    )
    const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    await reportProgress()
    return await finishBackfill(db, repository.id, iso(options.now()))
  } finally {
    clearInterval(heartbeat)
    clearInterval(progress)
    await freeClaims(db, claimer)
  }
}

function firstPages(): Page[] {
  return [firstPulls(), firstOldPulls(), ...firstComments()]
}

/**
 * Pages that are read after the pull requests: their branches show which pull request an Actions run belongs to, and a commit of
 * the default branch can be a head too.
 */
function pagesAfterPulls(context: ReadContext): Page[] {
  return [firstTrunk(), ...firstRuns(context)]
}

/** Reads page after page until all are done; waits while other workers may still add some. */
async function work(context: ReadContext, claimer: string, signal: AbortSignal): Promise<void> {
  const { db, repository } = context
  while (!signal.aborted) {
    const page = await claimPage(db, repository.id, claimer)
    if (page) {
      await finishPage(db, page, await resultOf(context, page, signal))
      continue
    }
    if (!(await hasOpenPages(db, repository.id))) return
    await sleep(POLL_MS)
  }
}

async function resultOf(
  context: ReadContext,
  page: ClaimedPage | UnreadablePage,
  signal: AbortSignal,
): Promise<PageResult> {
  if ('problem' in page) return { ...NOTHING, problem: page.problem }
  return readPage(context, page).catch((error: unknown) => {
    // A request that was aborted says nothing about the page: it is read again.
    if (signal.aborted) throw error
    return skipped(context.db, error, page)
  })
}

/**
 * What GitHub refuses is skipped and noted: a deleted commit, or results that the token may not see. A server error stops the
 * backfill; if the same page fails again after that, it is skipped as well.
 */
async function skipped(db: Db, error: unknown, page: ClaimedPage): Promise<PageResult> {
  const refusal = NEEDED.has(page.kind) ? null : refusalOf(error)
  if (refusal !== null) return { ...NOTHING, problem: refusal }
  const { status, message = '' } = error as { status?: number; message?: string }
  if (status === undefined || status < 500) throw error
  if (page.lastError !== null && !NEEDED.has(page.kind)) return { ...NOTHING, problem: page.lastError }
  await noteProblem(db, page, `${status} ${message}`.slice(0, 200))
  throw error
}

function readPage(context: ReadContext, { kind, payload }: ClaimedPage): Promise<PageResult> {
  switch (kind) {
    case 'pulls':
      return readPulls(context, payload, () => pagesAfterPulls(context)).catch((error: unknown) =>
        otherwise(error, (refusal) => ({ ...NOTHING, next: [otherPulls(refusal, payload)] })),
      )
    case 'whole-pull':
      return readWholePull(context, payload).catch((error: unknown) =>
        otherwise(error, () => readPullByNumber(context, payload.number)),
      )
    case 'pulls-rest':
      return readPullsWithoutGraphql(context, payload, () => pagesAfterPulls(context))
    case 'old-pulls':
      return readOldPulls(context, payload).catch((error: unknown) =>
        otherwise(error, () => oldPullsWithoutGraphql(context)),
      )
    case 'orphans':
      return readOrphans(context, payload)
    case 'pull':
      return readPull(context, payload)
    case 'look':
      return readLook(context, payload).catch((error: unknown) =>
        otherwise(error, (refusal) => otherLooks(refusal, payload)),
      )
    case 'checks':
      return readChecks(context, payload)
    case 'statuses':
      return readStatuses(context, payload)
    case 'trunk':
      return readTrunk(context, payload)
    case 'runs':
      return readRuns(context, payload)
    case 'attempt':
      return readAttempt(context, payload)
    case 'jobs':
      return readJobs(context, payload)
    case 'comments':
    case 'review_comments':
      return readComments(context, kind, payload)
  }
}

/** A query that GitHub does not answer whole is repeated with less; only if that fails, everything is read by REST. */
function otherPulls(refusal: GraphqlRefusal, payload: PagePayloads['pulls']): Page {
  return (refusal.isTooLarge ? shorterPulls(payload) : null) ?? firstPullsWithoutGraphql()
}

function otherLooks(refusal: GraphqlRefusal, payload: PagePayloads['look']): PageResult {
  const smaller = refusal.isTooLarge ? smallerLooks(payload) : null
  return smaller ? { ...NOTHING, next: smaller } : looksWithoutGraphql(payload)
}

/** What to do when GraphQL refuses. @throws any other error */
function otherwise<T>(error: unknown, instead: (refusal: GraphqlRefusal) => T): T {
  if (error instanceof GraphqlRefusal) return instead(error)
  throw error
}
