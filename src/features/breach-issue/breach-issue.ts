/** Files the issue about a day out of SLA, or updates the open one; closes it once the repository is back in SLA. */
import { type FiledBreach, readFiledBreaches } from '../../db/breach.ts'
import type { LeasedTask, TaskState } from '../../db/outbox.ts'
import { inSlaProbability, readBreach } from '../../derive/breach-data.ts'
import { calendarOf } from '../../domain/calendar.ts'
import type { Settings } from '../../domain/settings.ts'
import { HOUR_MS, iso } from '../../domain/time.ts'
import { type Octokit, pathOf, type RepositoryPath } from '../../github/client.ts'
import { marker } from '../../github/comments.ts'
import {
  closeIssue,
  type FoundIssue,
  findIssue,
  issueAt,
  openIssue,
  readIssue,
  updateIssue,
} from '../../github/issues.ts'
import { ownersIn } from '../../github/job-owners.ts'
import type { Breach } from '../../texts/breach-facts.ts'
import { breachBody, breachTitle } from '../../texts/breach-issue.ts'
import { odds } from '../../texts/figures.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

/** A repository is back in SLA when this is the least probability of it, over seven days. */
export const BACK_IN_SLA = 0.8

/** What filing the issue of one day needs. */
interface Filing {
  context: TaskContext
  task: LeasedTask<'breach'>
  settings: Settings
  /** The repository that gets the issue. */
  target: RepositoryPath
  login: string
}

/** An issue of an earlier day and the repository that it is in. */
type EarlierIssue = FoundIssue & { path: RepositoryPath }

/** Files the issue of the task's day, once, if the day is still out of SLA. */
export async function fileBreachIssue(context: TaskContext, task: LeasedTask<'breach'>): Promise<TaskResult> {
  const { deps, octokit, repository } = context
  const { day } = task.payload
  const settings = await deps.settingsOf(repository.repository_id)
  const { repository: issueRepository, mode } = settings.breachIssue
  if (mode === 'off') return { result: 'not filed: breach issues are off', url: null }
  const target = pathOf(issueRepository ?? repository.full_name)
  if (issueRepository && repository.private && !(await isPrivate(octokit, target)))
    return { result: `not filed: ${issueRepository} is public and this repository is not`, url: null }
  const filing: Filing = { context, task, settings, target, login: await context.login() }
  const filed = await readFiledBreaches(deps.db, repository.repository_id)
  const earlier = filed.filter((breach) => breach.day < day)
  const breach = await describeBreach(filing, earlier)
  if (!breach?.sla.breached) return { result: 'not filed: the day is in SLA after all', url: null }
  const issue = await readFiled(octokit, earlier[0])
  return mode === 'rolling' ? fileRolling(filing, breach, issue) : fileDaily(filing, breach, issue)
}

/** Opens an issue for the day and closes the one before it. */
async function fileDaily(filing: Filing, breach: Breach, earlier: EarlierIssue | null): Promise<TaskResult> {
  const { context, target, login, task } = filing
  const since = searchFrom(task)
  const issue = await openIssue(context.octokit, target, { ...textOf(filing, breach), login, since })
  if (earlier && earlier.html_url !== issue.html_url) {
    const isSame = earlier.path.owner === target.owner && earlier.path.repo === target.repo
    await closeIssue(context.octokit, earlier.path, earlier, {
      body: `Superseded by ${isSame ? '' : `${target.owner}/${target.repo}`}#${issue.number}: a newer day is out of SLA.`,
      marker: marker(`superseded-by:${breach.day}`),
      login,
      since,
    })
  }
  return { result: issue.isNew ? 'issue filed' : 'issue found', url: issue.html_url }
}

/**
 * Keeps one issue for as long as the repository is out of SLA. If a person closes it, no other is opened until the
 * repository has been back in SLA.
 */
async function fileRolling(
  filing: Filing,
  breach: Breach,
  earlier: EarlierIssue | null,
): Promise<TaskResult> {
  const { octokit } = filing.context
  const { target, login, task } = filing
  const text = textOf(filing, breach)
  const since = searchFrom(task)
  if (earlier?.locked) return { result: 'not updated: the issue is locked', url: earlier.html_url }
  if (earlier?.state === 'open') {
    const body = `${text.body}\n\n${text.marker}`
    const isWritten = await updateIssue(octokit, earlier.path, earlier, { title: text.title, body })
    return { result: isWritten ? 'issue updated' : 'issue unchanged', url: earlier.html_url }
  }
  const found = await findIssue(octokit, target, { login, marker: text.marker, since })
  if (found) return { result: 'issue found', url: found.html_url }
  if (earlier && earlier.closedBy !== login && !(await wasBackInSla(filing, earlier.closedAt)))
    return {
      result: 'not reopened: a person closed it, and the repository has not been back in SLA since',
      url: earlier.html_url,
    }
  const issue = await openIssue(octokit, target, { ...text, login, since })
  return { result: 'issue filed', url: issue.html_url }
}

/** Closes the newest issue if the repository is back in SLA and nobody reopened or locked the issue. */
export async function closeBreachIssue(
  { deps, octokit, repository: { repository_id }, login }: TaskContext,
  task: LeasedTask<'breach-close'>,
): Promise<TaskResult> {
  const { day } = task.payload
  const settings = await deps.settingsOf(repository_id)
  const probability = await inSlaProbability(deps.db, repository_id, settings, day)
  if (probability === null || probability < BACK_IN_SLA)
    return { result: 'not closed: not back in SLA', url: null }
  const [newest] = await readFiledBreaches(deps.db, repository_id)
  const issue = await readFiled(octokit, newest)
  if (!issue) return { result: 'not closed: the issue is gone', url: null }
  const isClosed = await closeIssue(octokit, issue.path, issue, {
    body: `Back in SLA: over the seven days up to ${day} the rate is below the target with ${odds(probability)} probability. Reopen this issue and it stays open.`,
    marker: marker(`back-in-sla:${newest?.day}`),
    login: await login(),
    since: searchFrom(task),
  })
  const result = isClosed ? 'issue closed: back in SLA' : 'not closed: a person closed, reopened or locked it'
  return { result, url: issue.html_url }
}

function textOf({ context, task, settings }: Filing, breach: Breach) {
  return {
    title: breachTitle(breach),
    body: breachBody(breach),
    labels: settings.breachIssue.labels,
    assignees: settings.breachIssue.assignees,
    marker: marker(`${task.task_key} repository=${context.repository.repository_id}`),
  }
}

/** What the issue says; null if the day has no figures. */
async function describeBreach(filing: Filing, earlier: readonly FiledBreach[]): Promise<Breach | null> {
  const { context, task, settings, target } = filing
  const { deps, octokit, repository } = context
  const figures = await readBreach(deps.db, repository, settings, task.payload.day)
  if (!figures) return null
  const { full_name } = repository
  const ownersOf = ownersIn(octokit, full_name, settings)
  const jobs = []
  for (const job of figures.jobs) jobs.push({ ...job, owners: await ownersOf(job) })
  const isElsewhere = `${target.owner}/${target.repo}` !== full_name
  const page = deps.publicUrl ? `${deps.publicUrl}/${full_name}` : null
  return {
    ...figures,
    jobs,
    previous: earlier.map(({ day, url }) => ({ day, url })),
    measuredRepository: isElsewhere ? full_name : null,
    dashboardUrl: page,
    // GitHub fetches pictures without credentials, so the picture of a private repository cannot be shown.
    pictureUrl: page && !repository.private ? `${page}/trend.svg` : null,
  }
}

/** The issue of an earlier day as it is now; null if there is none or it was deleted. */
async function readFiled(octokit: Octokit, filed: FiledBreach | undefined): Promise<EarlierIssue | null> {
  const at = filed && issueAt(filed.url)
  if (!at) return null
  const path = { owner: at.owner, repo: at.repo }
  const issue = await readIssue(octokit, path, at.number)
  return issue && { ...issue, path }
}

/** When a search for our own issue or comment starts: an hour before the task, because GitHub's clock may be behind. */
function searchFrom({ created_at }: TaskState): string {
  return iso(Date.parse(created_at) - HOUR_MS)
}

/** Whether any day from `since` (RFC 3339) to the task's day ended with the repository back in SLA. */
async function wasBackInSla({ context, task, settings }: Filing, since: string | null): Promise<boolean> {
  if (since === null) return false
  const { deps, repository } = context
  const calendar = calendarOf(settings)
  let window = calendar.at('day', Date.parse(since))
  const last = calendar.of('day', task.payload.day)
  for (; window.from <= last.from; window = calendar.at('day', window.to)) {
    const probability = await inSlaProbability(deps.db, repository.repository_id, settings, window.start)
    if (probability !== null && probability >= BACK_IN_SLA) return true
  }
  return false
}

async function isPrivate(octokit: Octokit, path: RepositoryPath): Promise<boolean> {
  return (await octokit.rest.repos.get({ ...path })).data.private
}
