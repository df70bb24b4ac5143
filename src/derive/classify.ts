/** Classifies: turns the facts about heads that changed into runs, verdicts and flakes. */
import { type Changes, writeDerived } from '../db/derived.ts'
import { learnGates, readGates } from '../db/gates.ts'
import { readHeadShas, readHeads } from '../db/head-facts.ts'
import { readExpiredHeads, readHorizon } from '../db/horizon.ts'
import { lockRepository } from '../db/locks.ts'
import { addOrphanHead } from '../db/orphan-heads.ts'
import { readRelated, writePullRequests } from '../db/pull-request-table.ts'
import { readNumbersOfPushes } from '../db/pushed-files.ts'
import type { Db } from '../db/schema.ts'
import {
  markFlakesOf,
  markVerdicts,
  markWeeks,
  markWindows,
  markWindowsEndingAfter,
  takeStaleHeads,
} from '../db/stale.ts'
import { markTimeLimits } from '../db/time-limits.ts'
import { weeksLearningFrom } from '../domain/attribution/week.ts'
import { type DerivedHead, deriveHead, isWaiting } from '../domain/head.ts'
import type { HeadFacts } from '../domain/head-facts.ts'
import { type HeadRules, headRulesOf } from '../domain/head-rules.ts'
import type { Settings } from '../domain/settings.ts'
import { iso } from '../domain/time.ts'
import { markOf } from './stale-marks.ts'

/** Reads a repository's settings on a connection or in a transaction. */
export type ReadSettings = (repositoryId: number, trx: Db) => Promise<Settings>

/** Classifies the oldest stale heads of a repository, at most `limit`. @returns how many marks were done; 0 when none is left */
export async function classifyNext(
  db: Db,
  repositoryId: number,
  limit: number,
  settingsOf: ReadSettings,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const marks = await takeStaleHeads(trx, repositoryId, limit)
    if (marks.length === 0) return 0
    // Read after the marks are taken: new settings and the marks for them are committed together.
    const rules = headRulesOf(await settingsOf(repositoryId, trx))
    const numbers = [...new Set(marks.flatMap((mark) => mark.number ?? []))]
    const shas = new Set(marks.flatMap((mark) => mark.head_sha ?? []))
    for (const sha of await readHeadShas(trx, repositoryId, numbers)) shas.add(sha)
    const facts = await readHeads(trx, repositoryId, [...shas])
    await classifyHeads(trx, repositoryId, facts, rules)
    for (const { pullRequests } of facts) for (const { number } of pullRequests) numbers.push(number)
    numbers.push(...(await readNumbersOfPushes(trx, repositoryId, [...shas])))
    await updatePullRequests(trx, repositoryId, [...new Set(numbers)])
    return marks.length
  })
}

async function classifyHeads(
  trx: Db,
  repositoryId: number,
  facts: readonly HeadFacts[],
  rules: HeadRules,
): Promise<void> {
  const heads: { headSha: string; derived: DerivedHead }[] = []
  const waiting: HeadFacts[] = []
  for (const head of await withCompleteFacts(trx, repositoryId, facts)) {
    const derived = deriveHead(head, rules)
    heads.push({ headSha: head.headSha, derived })
    if (isWaiting(head, derived)) waiting.push(head)
  }
  await addOrphanHead(trx, repositoryId, waiting.map(orphanHeadRow))
  const changes = await writeDerived(trx, repositoryId, heads)
  await markChanges(trx, repositoryId, changes)
  await updateGates(trx, repositoryId, changes)
  const changed = facts.filter(({ headSha }) => changes.heads.has(headSha))
  await markTimeLimits(
    trx,
    repositoryId,
    changed.flatMap(({ workflowJobs }) => workflowJobs),
  )
}

/** Learns again whether jobs with changed flakes are gates, and whether gates with changed runs still are. */
async function updateGates(trx: Db, repositoryId: number, { jobs }: Changes): Promise<void> {
  const gates = jobs.runs.size > 0 ? await readGates(trx, repositoryId) : []
  const touched = gates.map((gate) => gate.job_id).filter((id) => jobs.runs.has(id))
  if (await learnGates(trx, repositoryId, new Set([...jobs.flakes, ...touched])))
    await markWindowsEndingAfter(trx, repositoryId, null, 'gates')
}

/** Heads with results, all of whose facts are stored. Verdicts of a head whose facts were deleted stay as they are. */
async function withCompleteFacts(
  trx: Db,
  repositoryId: number,
  facts: readonly HeadFacts[],
): Promise<HeadFacts[]> {
  const withResults = facts.filter((head) => head.observations.length > 0)
  const horizon = await readHorizon(trx, repositoryId)
  if (horizon === null) return withResults
  const shas = withResults.map((head) => head.headSha)
  const expired = await readExpiredHeads(trx, repositoryId, shas)
  return withResults.filter(
    ({ headSha, observations }) =>
      !expired.has(headSha) &&
      observations.some((observation) => Date.parse(observation.completed_at) >= horizon),
  )
}

function orphanHeadRow({ headSha, observations }: HeadFacts) {
  const times = observations.map((observation) => Date.parse(observation.completed_at))
  return {
    head_sha: headSha,
    head_branches: [...new Set(observations.flatMap((observation) => observation.head_branch ?? []))],
    completed_at: iso(times.reduce((a, b) => Math.max(a, b))),
  }
}

/**
 * Updates the rows of pull requests. A merge, a new title or a new base changes the evidence, so the flakes of such a pull request
 * are marked, and those of all pull requests that share code with it before or after the change.
 */
async function updatePullRequests(db: Db, repositoryId: number, numbers: readonly number[]): Promise<void> {
  const before = await readRelated(db, repositoryId, numbers)
  const changed = await writePullRequests(db, repositoryId, numbers)
  if (changed.length === 0) return
  const touched = [...new Set(changed.map((pullRequest) => pullRequest.number))]
  const after = await readRelated(db, repositoryId, touched)
  const related = [...after.values(), ...touched.flatMap((number) => before.get(number) ?? [])]
  const relatedNumbers = related.flatMap((relations) => [...relations.keys()])
  await markFlakesOf(db, repositoryId, [...new Set([...touched, ...relatedNumbers])])
}

async function markChanges(db: Db, repositoryId: number, changes: Changes): Promise<void> {
  const verdicts = new Map(
    changes.verdicts.map(({ job_id, changed_at }) => {
      const mark = { job_id, changed_at: iso(markOf(changed_at)) }
      return [`${job_id}/${mark.changed_at}`, mark]
    }),
  )
  await markVerdicts(db, repositoryId, [...verdicts.values()])
  const weeks = changes.verdicts.flatMap((verdict) => weeksLearningFrom(Date.parse(verdict.changed_at)))
  await markWeeks(db, repositoryId, new Set(weeks))
  const windows = new Set(changes.windows.map(markOf))
  await markWindows(db, repositoryId, [...windows].map(iso), 'runs')
}
