/** Maintains the issues about single jobs once a day: opens at most two, updates the open ones, closes and reopens. */

import { type ErrorBudget, readErrorBudget } from '../../db/budget.ts'
import { readIssueFlakes, readNewerEvidence, readQuietSpell } from '../../db/job-burn.ts'
import { deleteJobIssue, readJobIssues, writeJobIssue } from '../../db/job-issues.ts'
import { readJob } from '../../db/job-table.ts'
import { readJobCosts } from '../../db/jobs.ts'
import { enqueueTask, type LeasedTask } from '../../db/outbox.ts'
import type { Db, Row } from '../../db/schema.ts'
import { readScope, type Scope } from '../../db/scope.ts'
import type { Deps } from '../../deps.ts'
import { calendarOf } from '../../domain/calendar.ts'
import { cleanVerdictsNeeded, deservesIssue } from '../../domain/job-issue.ts'
import type { Settings } from '../../domain/settings.ts'
import { newTask } from '../../domain/task.ts'
import { iso } from '../../domain/time.ts'
import type { Octokit, RepositoryPath } from '../../github/client.ts'
import { marker, writeComment } from '../../github/comments.ts'
import { type FoundIssue, openIssue, readIssue, updateIssue } from '../../github/issues.ts'
import { ownersIn } from '../../github/job-owners.ts'
import { closedText, jobIssueBody, jobIssueTitle, reopenedText } from '../../texts/job-issue.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

const MAX_A_DAY = 2
/** Nobody reads a longer list of open issues. */
const MAX_OPEN = 10

/** One pass over the issues of a repository. */
interface Round {
  db: Db
  octokit: Octokit
  path: RepositoryPath
  login: string
  repository: Row<'repository'>
  settings: Settings
  /** When the round was requested, RFC 3339. */
  since: string
  now: string
  budget: ErrorBudget
  scope: Scope
  ownersOf: ReturnType<typeof ownersIn>
  publicUrl: string | null
}

/** Requests the round of the current local day; requesting it again changes nothing. */
export async function requestJobIssues(deps: Deps, repository_id: number, settings: Settings): Promise<void> {
  if (!settings.jobIssues.enabled) return
  const { start: day } = calendarOf(settings).at('day', deps.now())
  const place = { repository_id, task_key: `job-issues:${day}`, at: iso(deps.now()) }
  await enqueueTask(deps.db, newTask(place, 'job-issues', { day }))
}

/** Does the round. Done again, it finds what it wrote before. */
export async function keepJobIssues(
  context: TaskContext,
  task: LeasedTask<'job-issues'>,
): Promise<TaskResult> {
  const { deps, repository } = context
  const settings = await deps.settingsOf(repository.repository_id)
  if (!settings.jobIssues.enabled) return { result: 'job_issues.enabled is off', url: null }
  const round = await roundOf(context, task, settings)
  const issues = await readJobIssues(deps.db, repository.repository_id)
  const done: string[] = []
  for (const row of issues.values()) done.push(...(await maintain(round, row)))
  done.push(...(await openNew(round)))
  return { result: done.length === 0 ? 'nothing to do' : done.join(', '), url: null }
}

async function roundOf(
  { deps, octokit, repository, path, login }: TaskContext,
  task: LeasedTask<'job-issues'>,
  settings: Settings,
): Promise<Round> {
  const { db } = deps
  const { repository_id } = repository
  const now = deps.now()
  const { scope } = await readScope(db, repository_id, settings)
  return {
    ...{ db, octokit, repository, settings, scope },
    path,
    login: await login(),
    ownersOf: ownersIn(octokit, repository.full_name, settings),
    publicUrl: deps.publicUrl,
    since: task.created_at,
    now: iso(now),
    budget: await readErrorBudget(db, scope, settings, now),
  }
}

/** Opens issues for the costliest jobs that have none. */
async function openNew(round: Round): Promise<string[]> {
  const { db, repository, scope, since, budget } = round
  const issues = await readJobIssues(db, repository.repository_id)
  const rows = [...issues.values()]
  const opened = rows.filter((row) => Date.parse(row.opened_at) >= Date.parse(since)).length
  const open = rows.filter((row) => row.closed_at === null).length
  const costs = await readJobCosts(db, scope, budget.span, { incidents: false })
  const wanted = costs
    .filter((job) => !issues.has(job.job_id))
    .filter((job) =>
      deservesIssue({ flakes: job.flakes_counted, pullRequests: job.counted_on.length }, budget.allowed),
    )
    .slice(0, Math.max(0, Math.min(MAX_A_DAY - opened, MAX_OPEN - open)))
  const done: string[] = []
  for (const job of wanted) done.push(await openFor(round, job.job_id))
  return done
}

async function openFor(round: Round, job_id: number): Promise<string> {
  const { db, octokit, path, login, repository, settings, now } = round
  const { repository_id, full_name } = repository
  const job = await jobOf(round, job_id)
  const { body } = await textOf(round, job, null)
  const { number, html_url: url } = await openIssue(octokit, path, {
    ...{ login, body, title: jobIssueTitle(job.name), labels: settings.jobIssues.labels, assignees: [] },
    marker: markerOf(repository_id, job_id),
    // Searched from the beginning: after a loss of the database the existing issues are found again.
    since: iso(0),
  })
  await writeJobIssue(db, {
    ...{ repository_id, job_id, issue: number, full_name, url, closed_at: null, counts_from: null },
    ...{ opened_at: now, written_at: now },
  })
  return `opened #${number}`
}

/** Stores what people did to an issue, then closes, reopens or updates it. @returns what was done, in words */
async function maintain(round: Round, stored: Row<'job_issue'>): Promise<string[]> {
  const { octokit, path, now } = round
  const issue = await readIssue(octokit, path, stored.issue)
  if (!issue) {
    // If the job deserves an issue it gets a new one; if the issue only could not be read, it is found again by its marker.
    await deleteJobIssue(round.db, stored)
    return [`forgot #${stored.issue}, which no longer exists`]
  }
  const row = { ...stored, ...changesByPeople(stored, issue, now) }
  await writeJobIssue(round.db, row)
  if (issue.locked) return []
  const job = await jobOf(round, row.job_id)
  return issue.state === 'open' ? whileOpen(round, row, issue, job) : whileClosed(round, row, job, issue)
}

/** What people did to the issue since the last round. */
function changesByPeople(
  stored: Row<'job_issue'>,
  issue: FoundIssue,
  now: string,
): Partial<Row<'job_issue'>> {
  const wasOpen = stored.closed_at === null
  const isOpen = issue.state === 'open'
  if (isOpen && !wasOpen) return { closed_at: null, counts_from: now, closed_by_app: false }
  if (isOpen || !wasOpen) return {}
  const closed_at = issue.closedAt ?? now
  return { closed_at, counts_from: closed_at, closed_by_app: false }
}

async function whileOpen(
  round: Round,
  row: Row<'job_issue'>,
  issue: FoundIssue,
  job: Row<'job'>,
): Promise<string[]> {
  const { db, octokit, path, login, since, now } = round
  const { body, cleanStreak } = await textOf(round, job, row.counts_from)
  const { clean, needed } = cleanStreak
  if (needed !== null && clean >= needed) {
    const own = marker(`job-closed:${row.job_id}:${since.slice(0, 10)}`)
    const why = closedText(job.name, { clean, needed })
    await moveIssue(octokit, path, row.issue, { to: 'closed', why, marker: own, login, since })
    await writeJobIssue(db, {
      ...row,
      closed_at: now,
      counts_from: now,
      closed_by_app: true,
      written_at: now,
    })
    return [`closed #${row.issue}`]
  }
  const marked = `${body}\n\n${markerOf(row.repository_id, row.job_id)}`
  const text = { title: jobIssueTitle(job.name), body: marked }
  if (!(await updateIssue(octokit, path, issue, text))) return []
  await writeJobIssue(db, { ...row, written_at: now })
  return [`updated #${row.issue}`]
}

async function whileClosed(
  round: Round,
  row: Row<'job_issue'>,
  job: Row<'job'>,
  { reason }: FoundIssue,
): Promise<string[]> {
  const { db, octokit, path, login, scope, since, now } = round
  if (reason === 'not_planned' || reason === 'duplicate' || row.closed_at === null) return []
  const evidence = await readNewerEvidence(db, scope, row.job_id, row.closed_at)
  if (!evidence) return []
  const own = marker(`job-reopened:${row.job_id}:${since.slice(0, 10)}`)
  const why = reopenedText(job.name, evidence)
  await moveIssue(octokit, path, row.issue, { to: 'open', why, marker: own, login, since })
  await writeJobIssue(db, { ...row, closed_at: null, closed_by_app: false, written_at: now })
  return [`reopened #${row.issue}`]
}

async function textOf(round: Round, job: Row<'job'>, countsFrom: string | null) {
  const { db, repository, settings, budget, scope, ownersOf, publicUrl } = round
  const { full_name } = repository
  const { flakes, verdicts, clean } = await readQuietSpell(db, scope, job.job_id, countsFrom)
  const cleanStreak = { clean, needed: cleanVerdictsNeeded(flakes, verdicts) }
  const body = jobIssueBody({
    ...{
      name: job.name,
      allowed: budget.allowed,
      cleanStreak,
      target: settings.target,
      rate: { flakes, verdicts },
    },
    owners: await ownersOf(job),
    flakes: await readIssueFlakes(db, scope, job.job_id, budget.span),
    historyUrl: publicUrl === null ? null : `${publicUrl}/${full_name}/jobs/${job.job_id}`,
  })
  return { body, cleanStreak }
}

async function jobOf({ db, repository }: Round, jobId: number): Promise<Row<'job'>> {
  const job = await readJob(db, { repositoryId: repository.repository_id, jobId })
  if (job === null) throw new Error(`job ${jobId} is not stored`)
  return job
}

function markerOf(repositoryId: number, jobId: number): string {
  return marker(`job-issue:${jobId} repository=${repositoryId}`)
}

/** Closes or reopens the issue, with a comment that says why and is written once. */
async function moveIssue(
  octokit: Octokit,
  path: RepositoryPath,
  issue_number: number,
  move: { to: 'open' | 'closed'; why: string; marker: string; login: string; since: string },
): Promise<void> {
  const { to: state, why: body, marker, login, since } = move
  await writeComment(octokit, { ...path, issue_number }, { body, marker, login, since })
  const state_reason = state === 'closed' ? 'completed' : 'reopened'
  await octokit.rest.issues.update({ ...path, issue_number, state, state_reason })
}
