/**
 * Reads a repository's history over the API, page by page: each is stored with what it leads to in one transaction, so a
 * process that is killed at any point has asked for nothing twice that was stored, and two share the work.
 */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BackfillProgress,
  claimPage,
  finishBackfill,
  finishPage,
  freeClaims,
  hasOpenPages,
  keepClaims,
  noteProblem,
  type Page,
  readProgress,
  startBackfill,
} from '../../db/backfill.ts'
import type { Db, Row } from '../../db/schema.ts'
import { iso } from '../../domain/time.ts'
import { pathOf } from '../../github/client.ts'
import { GraphqlRefusal, type ThrottledClient } from '../../github/throttled-client.ts'
import { firstRuns, readAttempt, readRuns } from './actions.ts'
import { firstComments, readComments } from './comments.ts'
import { firstTrunk, looksWithoutGraphql, readChecks, readLook, readStatuses, readTrunk } from './heads.ts'
import { type PageResult, type ReadContext, type ReadRepository, refusalOf } from './page.ts'
import { firstPulls, readPulls, shorterPulls } from './pulls.ts'
import { firstPullsWithoutGraphql, readPull, readPullsWithoutGraphql } from './pulls-rest.ts'

const WORKERS = 6
const NOTHING: PageResult = { facts: [], next: [], found: [] }
/** Without these there is nothing to read. */
const NEEDED: ReadonlySet<string> = new Set(['pulls', 'pulls-rest'])
const HEARTBEAT_MS = 3000
const POLL_MS = 500
/** Results may come so long after their pull request was last touched. */
const OVERLAP_MS = 3 * 86_400_000

export interface ReadOptions {
  /** Epoch ms: how far back. */
  since: number
  now: () => number
  /** The database has one process at a time: claims of others are those of the dead. */
  alone: boolean
  signal?: AbortSignal | undefined
  onProgress?: (progress: BackfillProgress) => void
}

/** The repository as GitHub knows it now. @throws what GitHub answered: 404 where the token does not show it */
export async function readRepository(client: ThrottledClient, fullName: string): Promise<ReadRepository> {
  const { data } = await client.get('GET /repos/{owner}/{repo}', { ...pathOf(fullName) })
  const { id, full_name, default_branch, ...told } = data as ReadRepository
  return {
    id,
    full_name: full_name ?? fullName,
    private: told.private ?? false,
    default_branch: default_branch ?? 'main',
  }
}

/** Reads until everything is stored, or the signal stops it. @returns whether everything is */
export async function readHistory(
  db: Db,
  client: ThrottledClient,
  repository: ReadRepository,
  options: ReadOptions,
): Promise<boolean> {
  const claimer = randomUUID()
  if (options.alone) await freeClaims(db, null)
  const wanted = { since: iso(options.since), now: iso(options.now()), overlapMs: OVERLAP_MS }
  const backfill = await startBackfill(db, repository.id, wanted, [
    firstPulls(),
    firstTrunk(),
    ...firstComments(),
  ])
  if (backfill.done_at) return true
  const { owner, repo } = pathOf(repository.full_name)
  const { since, started_at: startedAt } = backfill
  const context: ReadContext = { db, client, repository, owner, repo, since, startedAt }
  const tell = async () => options.onProgress?.(await readProgress(db, repository.id))
  const heartbeat = setInterval(() => void keepClaims(db, claimer).catch(() => undefined), HEARTBEAT_MS)
  const news = setInterval(() => void tell().catch(() => undefined), 1000)
  // One that fails stops the others: they would wait for its page.
  const stop = new AbortController()
  const stopped = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  try {
    const workers = Array.from({ length: WORKERS }, () =>
      work(context, claimer, stopped).catch((error: unknown) => {
        stop.abort()
        throw error
      }),
    )
    const failed = (await Promise.allSettled(workers)).find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
    await tell()
    return await finishBackfill(db, repository.id, iso(options.now()))
  } finally {
    clearInterval(heartbeat)
    clearInterval(news)
    await freeClaims(db, claimer)
  }
}

/** Takes page after page until none is left, waiting while others may still find some. */
async function work(context: ReadContext, claimer: string, signal: AbortSignal): Promise<void> {
  const { db, repository } = context
  while (!signal.aborted) {
    const page = await claimPage(db, repository.id, claimer)
    if (page) {
      const result = await readPage(context, page).catch((error: unknown) => passedOver(db, error, page))
      await finishPage(db, page, result)
      continue
    }
    if (!(await hasOpenPages(db, repository.id))) return
    await sleep(POLL_MS)
  }
}

/**
 * What GitHub does not tell is passed over, and said so: a commit that was deleted, results that the token may not see. What
 * it fails to tell stops the backfill once; the next time it fails it is passed over as well.
 */
async function passedOver(db: Db, error: unknown, page: Row<'backfill_page'>): Promise<PageResult> {
  const refusal = NEEDED.has(page.kind) ? null : refusalOf(error)
  if (refusal !== null) return { ...NOTHING, problem: refusal }
  const { status, message = '' } = error as { status?: number; message?: string }
  if (status === undefined || status < 500) throw error
  if (page.problem !== null && !NEEDED.has(page.kind)) return { ...NOTHING, problem: page.problem }
  await noteProblem(db, page, `${status} ${message}`.slice(0, 200))
  throw error
}

function readPage(context: ReadContext, { kind, detail }: Row<'backfill_page'>): Promise<PageResult> {
  const of = <T>() => detail as T
  switch (kind) {
    case 'pulls':
      // Actions runs come after the pull requests: the branches of these tell whose the runs were.
      return readPulls(context, of(), () => [firstRuns(context)]).catch((error: unknown) =>
        withoutGraphql(error, () => ({ facts: [], next: [otherPulls(error, of())], found: [] })),
      )
    case 'pulls-rest':
      return readPullsWithoutGraphql(context, of(), () => [firstRuns(context)])
    case 'pull':
      return readPull(context, of())
    case 'look':
      return readLook(context, of()).catch((error: unknown) =>
        withoutGraphql(error, () => looksWithoutGraphql(of())),
      )
    case 'checks':
      return readChecks(context, of())
    case 'statuses':
      return readStatuses(context, of())
    case 'trunk':
      return readTrunk(context, of())
    case 'runs':
      return readRuns(context, of())
    case 'attempt':
      return readAttempt(context, of())
    default:
      return readComments(context, of())
  }
}

/** What takes too long is asked for in smaller parts; all by REST only where that is no help. */
function otherPulls(error: unknown, detail: Parameters<typeof shorterPulls>[0]): Page {
  const shorter = error instanceof GraphqlRefusal && error.isSlow ? shorterPulls(detail) : null
  return shorter ?? firstPullsWithoutGraphql()
}

function withoutGraphql(error: unknown, otherwise: () => PageResult): PageResult {
  if (error instanceof GraphqlRefusal) return otherwise()
  throw error
}
