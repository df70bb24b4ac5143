/** Files the issue about a breached day, and closes the one before it. */
import { readCostliestJobs } from '../db/jobs.ts'
import type { Row } from '../db/schema.ts'
import { countsOf, readWindows } from '../db/sla.ts'
import type { Deps } from '../deps.ts'
import { slaOf } from '../domain/sla.ts'
import { shiftWindow, windowOf } from '../domain/window.ts'
import { type Octokit, pathOf } from '../github/client.ts'
import { marker } from '../github/comments.ts'
import { closeIssue, openIssue } from '../github/issues.ts'
import { requiredJobs } from '../pipeline/measure.ts'
import { type Breach, breachBody, breachTitle } from '../texts/breach-issue.ts'
import type { EffectResult } from './effect.ts'

const TREND_DAYS = 28

/** Writes the issue of the day that the effect names, once, unless the day is no breach any more. */
export async function fileBreachIssue(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const { day } = effect.detail as { day: string }
  const policy = await deps.policyOf(repository.repository_id)
  const breach = await readBreach(deps, repository, day)
  if (!breach?.sla.breached) return { result: 'not filed: the day is in SLA after all', url: null }
  if (deps.dryRun) return { result: `dry run: would file "${breachTitle(breach)}"`, url: null }
  const path = pathOf(policy.breachIssue.repository ?? repository.full_name)
  const issue = await openIssue(octokit, path, {
    title: breachTitle(breach),
    body: breachBody(breach),
    labels: policy.breachIssue.labels,
    assignees: policy.breachIssue.assignees,
    marker: marker(`${effect.effect_key} repository=${repository.repository_id}`),
    login: (await deps.github?.botLogin()) ?? '',
  })
  for (const older of issue.others) {
    if (!older.body.includes(`repository=${repository.repository_id}`)) continue
    await closeIssue(
      octokit,
      path,
      older.number,
      `Superseded by #${issue.number}: a newer day is out of SLA.`,
    )
  }
  return { result: issue.isNew ? 'issue filed' : 'issue found', url: issue.html_url }
}

/** What the issue of a day says; null where the day was never measured. */
export async function readBreach(
  deps: Pick<Deps, 'db' | 'policyOf'>,
  repository: Row<'repository'>,
  day: string,
): Promise<Breach | null> {
  const { db } = deps
  const { repository_id } = repository
  const policy = await deps.policyOf(repository_id)
  const window = windowOf('day', day, policy.timeZone)
  const first = shiftWindow(window, 1 - TREND_DAYS, policy.timeZone)
  const stored = await readWindows(db, repository_id, 'day', { from: first.start, to: day })
  const row = stored.find((one) => one.start === day)
  if (!row) return null
  const { jobIds, required } = await requiredJobs(db, repository_id, policy)
  const rates = new Map(stored.map((one) => [one.start, slaOf(countsOf(one)).rate]))
  const days = Array.from({ length: TREND_DAYS }, (_, i) => shiftWindow(first, i, policy.timeZone).start)
  return {
    day,
    sla: slaOf(countsOf(row)),
    definitionVersion: row.definition_version,
    requiredSource: row.required_source,
    requiredProblem: required.problem,
    jobs: await readCostliestJobs(db, repository_id, { from: row.starts_at, to: row.ends_at }, jobIds),
    trend: days.map((start) => ({ day: start, rate: rates.get(start) ?? null })),
  }
}
