/** Reports on pull requests that flaked without being asked, where the settings say so: in a comment or a check run. */
import {
  readFlakedHeads,
  readReportedStates,
  readRepositoriesWithAutomaticReports,
} from '../../db/automatic-reports.ts'
import { enqueueAgain, type LeasedTask } from '../../db/outbox.ts'
import { readHeadsOf } from '../../db/pull-requests.ts'
import { readScope } from '../../db/scope.ts'
import type { Deps } from '../../deps.ts'
import { newTask } from '../../domain/task.ts'
import { DAY_MS, iso, MINUTE_MS } from '../../domain/time.ts'
import { writeCheckRun } from '../../github/check-runs.ts'
import { keepComment, marker } from '../../github/comments.ts'
import { readIssue } from '../../github/issues.ts'
import type { TaskContext, TaskResult } from '../feature.ts'
import { writeReport } from './report.ts'

/** The jobs of a head end one after the other. The report waits until none has ended for this long. */
const QUIET_MS = 5 * MINUTE_MS
const CHECK_RUN = 'flake-sla'
const MAX_TITLE_LENGTH = 200

/** Requests a report on every head that flaked within a day and has changed since its last report. */
export async function requestAutomaticReports(deps: Deps): Promise<void> {
  if (!deps.github) return
  for (const repositoryId of await readRepositoriesWithAutomaticReports(deps.db))
    await requestReports(deps, repositoryId)
}

async function requestReports({ db, now, settingsOf }: Deps, repository_id: number): Promise<void> {
  const { scope } = await readScope(db, repository_id, await settingsOf(repository_id))
  const times = { since: iso(now() - DAY_MS), quiet_since: iso(now() - QUIET_MS) }
  const heads = await readFlakedHeads(db, scope, times)
  if (heads.length === 0) return
  const reported = await readReportedStates(db, repository_id)
  for (const { number, head_sha, runs, last_at } of heads) {
    const place = { repository_id, task_key: `automatic:${number}`, at: iso(now()) }
    const state = `${head_sha} ${runs} ${last_at}`
    if (reported.get(place.task_key) === state) continue
    await enqueueAgain(db, newTask(place, 'automatic', { number, head_sha, state }))
  }
}

/** Writes what the settings ask for, unless a newer commit was pushed or the conversation is locked. */
export async function writeAutomaticReport(
  context: TaskContext,
  task: LeasedTask<'automatic'>,
): Promise<TaskResult> {
  const { deps, repository } = context
  const { number, head_sha } = task.payload
  const { report } = await deps.settingsOf(repository.repository_id)
  const [head] = await readHeadsOf(deps.db, repository.repository_id, number)
  if (head?.head_sha !== head_sha) return { result: 'not written: there is a newer head', url: null }
  const body = await writeReport(deps, repository, number, null)
  const written: TaskResult[] = []
  if (report.checkRun) written.push(await writeInCheckRun(context, task, body))
  if (report.automatic) written.push(await writeInComment(context, task, body))
  return {
    result:
      written.map(({ result }) => result).join(', ') || 'not written: the settings no longer ask for it',
    url: written.at(-1)?.url ?? task.url,
  }
}

async function writeInCheckRun(
  { octokit, path }: TaskContext,
  { payload: { head_sha } }: LeasedTask<'automatic'>,
  body: string,
): Promise<TaskResult> {
  const { written, url } = await writeCheckRun(octokit, path, {
    headSha: head_sha,
    name: CHECK_RUN,
    conclusion: 'neutral',
    title: withoutMarkdown(body.split('\n')[0] ?? '').slice(0, MAX_TITLE_LENGTH),
    summary: body,
  })
  return { result: written ? 'check run written' : 'check run unchanged', url }
}

async function writeInComment(
  { octokit, path, login }: TaskContext,
  { payload: { number }, task_key, url: known }: LeasedTask<'automatic'>,
  body: string,
): Promise<TaskResult> {
  const issue = await readIssue(octokit, path, number)
  if (!issue || issue.locked || issue.state !== 'open')
    return { result: 'not written: the conversation is locked, closed or gone', url: known }
  const comment = { login: await login(), marker: marker(task_key), body, known }
  const { written, url } = await keepComment(octokit, { ...path, issue_number: number }, comment)
  return { result: written ? 'comment written' : 'comment unchanged', url }
}

/** GitHub shows a title as plain text. */
function withoutMarkdown(line: string): string {
  return line.replaceAll('**', '').replaceAll('`', '')
}
