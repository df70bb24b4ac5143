/** Answers `/flake-report` on a pull request. */
import { countReportsBy } from '../db/outbox.ts'
import type { Row } from '../db/schema.ts'
import { countsOf } from '../db/sla.ts'
import type { Deps } from '../deps.ts'
import { slaOf } from '../domain/sla.ts'
import { type Octokit, pathOf } from '../github/client.ts'
import { marker, react, writeComment } from '../github/comments.ts'
import { concludeRepository } from '../pipeline/conclude.ts'
import { type PullRequestReport, readPullRequestReport } from '../pipeline/pull-request-report.ts'
import { reportText } from '../texts/report.ts'
import type { EffectResult } from './effect.ts'

interface ReportRequest {
  number: number
  job: string | null
  author: string
  comment_id: number
  comment_kind: string
  asked_at: string
}

const MOST_AN_HOUR = 10
const HOUR = 3_600_000

/** Reacts, brings the conclusions up to date, and writes the report once. */
export async function answerReport(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const asked = effect.detail as unknown as ReportRequest
  const since = new Date(Date.parse(asked.asked_at) - HOUR).toISOString()
  if ((await countReportsBy(deps.db, asked.author, since)) > MOST_AN_HOUR)
    return { result: 'refused: more than 10 an hour', url: null }
  const path = pathOf(repository.full_name)
  if (!deps.dryRun) await react(octokit, { ...path, comment_id: asked.comment_id, kind: asked.comment_kind })
  const body = await writeReport(deps, repository, asked.number, asked.job)
  const login = await deps.github?.botLogin()
  const url = await writeComment(
    octokit,
    { ...path, issue_number: asked.number },
    {
      login: login ?? '',
      marker: marker(effect.effect_key),
      since: asked.asked_at,
      body,
    },
  )
  return { result: 'report written', url }
}

/** The report's text as of now, with everything recorded so far concluded. */
export async function writeReport(
  deps: Pick<Deps, 'db' | 'now' | 'policyOf'>,
  repository: Row<'repository'>,
  number: number,
  job: string | null,
): Promise<string> {
  const now = deps.now()
  await concludeRepository(deps.db, repository.repository_id, { policyOf: deps.policyOf, now })
  const policy = await deps.policyOf(repository.repository_id)
  return renderReport(await readPullRequestReport(deps.db, repository, number, policy, now, job))
}

function renderReport(report: PullRequestReport): string {
  const day = report.day && slaOf(countsOf(report.day))
  const week = report.week && slaOf(countsOf(report.week))
  return reportText({ ...report, day, week })
}
