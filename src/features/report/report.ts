/** Answers `/flake-report` on a pull request. */
import { countRequestsBefore, type LeasedTask, readEarlierReport } from '../../db/outbox.ts'
import type { Row } from '../../db/schema.ts'
import { countsOf } from '../../db/sla.ts'
import type { Deps } from '../../deps.ts'
import { deriveRepository } from '../../derive/derive.ts'
import { type PullRequestReport, readPullRequestReport } from '../../derive/report-data.ts'
import { slaOf } from '../../domain/sla.ts'
import { marker, minimizeComment, react, writeComment } from '../../github/comments.ts'
import { helpText } from '../../texts/help.ts'
import { reportText } from '../../texts/report.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

const MAX_PER_HOUR = 10
const HELP = '?'
const TOO_MANY = `That was the ${MAX_PER_HOUR + 1}th report you asked for within an hour; please wait a while before the next.`

/** Reacts to the comment, derives what was recorded since, writes the report once and collapses the one before it. */
export async function answerReport(context: TaskContext, task: LeasedTask<'report'>): Promise<TaskResult> {
  const { deps, octokit, path } = context
  const { number, job, comment_id, comment_kind, requested_at } = task.payload
  const before = await countRequestsBefore(deps.db, task)
  if (before > MAX_PER_HOUR) return { result: `refused: more than ${MAX_PER_HOUR} an hour`, url: null }
  if (!deps.dryRun) await react(octokit, { ...path, comment_id, kind: comment_kind })
  const isTooMany = before === MAX_PER_HOUR
  const body = isTooMany ? TOO_MANY : await bodyOf(context, task)
  const url = await writeComment(
    octokit,
    { ...path, issue_number: number },
    { login: await context.login(), marker: marker(task.task_key), since: requested_at, body },
  )
  if (!isTooMany && job !== HELP) await collapseEarlier(context, task)
  return { result: 'report written', url }
}

async function bodyOf(
  { deps, repository }: TaskContext,
  { payload: { number, job } }: LeasedTask<'report'>,
): Promise<string> {
  return job === HELP ? helpText(deps.commands) : writeReport(deps, repository, number, job)
}

/**
 * The report's text as of now, after deriving everything recorded so far.
 * @param job the one job to report on, or null for all
 */
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

/** The earlier report is out of date. If it cannot be collapsed, the new one is still valid. */
async function collapseEarlier(
  { deps, octokit, path }: TaskContext,
  task: LeasedTask<'report'>,
): Promise<void> {
  const url = await readEarlierReport(deps.db, task)
  if (url === null) return
  try {
    await minimizeComment(octokit, path, url)
  } catch (err) {
    const { repository_id, task_key } = task
    deps.log.warn({ repository_id, task_key, err }, 'an earlier report could not be collapsed')
  }
}
