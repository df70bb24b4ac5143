/** Answers `/flake-report` on a pull request. */

import { countAskedBefore, readAnsweredReports } from '../../db/outbox.ts'
import type { Row } from '../../db/schema.ts'
import { countsOf } from '../../db/sla.ts'
import type { Deps } from '../../deps.ts'
import { deriveRepository } from '../../derive/derive.ts'
import { type PullRequestReport, readPullRequestReport } from '../../derive/report-data.ts'
import { slaOf } from '../../domain/sla.ts'
import { HOUR_MS } from '../../domain/time.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import { marker, minimizeComment, react, writeComment } from '../../github/comments.ts'
import { helpText } from '../../texts/help.ts'
import { reportText } from '../../texts/report.ts'
import type { EffectResult } from '../feature.ts'

interface ReportRequest {
  number: number
  job: string | null
  author: string
  comment_id: number
  comment_kind: string
  asked_at: string
}

const MAX_AN_HOUR = 10
const HELP = '?'

/** Reacts, brings the conclusions up to date, writes the report once, and folds the one before it away. */
export async function answerReport(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const asked = effect.detail as unknown as ReportRequest
  const since = new Date(Date.parse(asked.asked_at) - HOUR_MS).toISOString()
  const before = await countAskedBefore(deps.db, asked.author, since, effect)
  if (before > MAX_AN_HOUR) return { result: `refused: more than ${MAX_AN_HOUR} an hour`, url: null }
  const path = pathOf(repository.full_name)
  if (!deps.dryRun) await react(octokit, { ...path, comment_id: asked.comment_id, kind: asked.comment_kind })
  const body =
    before === MAX_AN_HOUR
      ? `That was the ${MAX_AN_HOUR + 1}th report you asked for within an hour; please wait a while before the next.`
      : await bodyOf(deps, repository, asked)
  const on = { ...path, issue_number: asked.number }
  const login = (await deps.github?.botLogin()) ?? ''
  const url = await writeComment(octokit, on, {
    login,
    marker: marker(effect.task_key),
    since: asked.asked_at,
    body,
  })
  if (before < MAX_AN_HOUR && asked.job !== HELP) await foldOlder(deps, octokit, repository, effect)
  return { result: 'report written', url }
}

async function bodyOf(deps: Deps, repository: Row<'repository'>, asked: ReportRequest): Promise<string> {
  return asked.job === HELP ? helpText() : writeReport(deps, repository, asked.number, asked.job)
}

/** The report's text as of now, with everything recorded so far derived. */
export async function writeReport(
  deps: Pick<Deps, 'db' | 'now' | 'settingsOf'>,
  repository: Row<'repository'>,
  number: number,
  job: string | null,
): Promise<string> {
  const now = deps.now()
  await deriveRepository(deps.db, repository.repository_id, { settingsOf: deps.settingsOf, now })
  const settings = await deps.settingsOf(repository.repository_id)
  return renderReport(await readPullRequestReport(deps.db, repository, number, settings, now, job))
}

function renderReport(report: PullRequestReport): string {
  const day = report.day && slaOf(countsOf(report.day))
  const week = report.week && slaOf(countsOf(report.week))
  return reportText({ ...report, day, week })
}

/** The report before this one is out of date; where it cannot be folded away, nothing is lost. */
async function foldOlder(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<void> {
  const { number } = effect.detail as unknown as ReportRequest
  const [older] = await readAnsweredReports(deps.db, effect, number)
  if (!older?.url) return
  try {
    await minimizeComment(octokit, pathOf(repository.full_name), older.url)
  } catch (error) {
    const { repository_id } = repository
    deps.log.warn({ repository_id, number, error: String(error) }, 'older report could not be folded away')
  }
}
