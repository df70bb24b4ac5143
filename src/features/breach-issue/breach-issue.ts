/** Files the issue about a breached day, or brings the one there is up to date; and closes what is over. */
import { type FiledBreach, readFiledBreaches } from '../../db/breach.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { inSlaProbability, readBreach } from '../../derive/breach-data.ts'
import type { Settings } from '../../domain/settings.ts'
import { shiftWindow, windowAt, windowOf } from '../../domain/window.ts'
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
import { ownersIn } from '../../github/owners.ts'
import type { Breach } from '../../texts/breach-facts.ts'
import { breachBody, breachTitle } from '../../texts/breach-issue.ts'
import { odds } from '../../texts/figures.ts'
import type { EffectResult } from '../feature.ts'

/** A repository is back in SLA when that is as likely as this, over seven days. */
export const BACK_IN_SLA = 0.8

interface Filing {
  deps: Deps
  octokit: Octokit
  repository: Row<'repository'>
  settings: Settings
  path: RepositoryPath
  login: string
  effect: Row<'outbox'>
}

/** Writes the issue of the day that the effect names, once, unless the day is no breach any more. */
export async function fileBreachIssue(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const { day } = effect.detail as { day: string }
  const settings = await deps.settingsOf(repository.repository_id)
  const { repository: target, mode } = settings.breachIssue
  if (mode === 'off') return { result: 'not filed: breach issues are off', url: null }
  const path = pathOf(target ?? repository.full_name)
  if (target && repository.private && !(await isPrivate(octokit, path)))
    return { result: `not filed: ${target} is public and this repository is not`, url: null }
  const login = (await deps.github?.botLogin()) ?? ''
  const filing: Filing = { deps, octokit, repository, settings, path, login, effect }
  const filed = (await readFiledBreaches(deps.db, repository.repository_id)).filter((one) => one.day < day)
  const breach = await writeUp(filing, day, filed)
  if (!breach?.sla.breached) return { result: 'not filed: the day is in SLA after all', url: null }
  const before = await readFiled(octokit, filed[0])
  return mode === 'rolling' ? fileRolling(filing, breach, before) : fileDaily(filing, breach, before)
}

async function fileDaily(
  filing: Filing,
  breach: Breach,
  before: (FoundIssue & { path: RepositoryPath }) | null,
): Promise<EffectResult> {
  const { octokit, path, login, effect } = filing
  const issue = await openIssue(octokit, path, { ...textOf(filing, breach), login, since: lately(effect) })
  if (before && before.html_url !== issue.html_url) {
    const same = before.path.owner === path.owner && before.path.repo === path.repo
    await closeIssue(octokit, before.path, before, {
      body: `Superseded by ${same ? '' : `${path.owner}/${path.repo}`}#${issue.number}: a newer day is out of SLA.`,
      marker: marker(`superseded-by:${breach.day}`),
      login,
      since: lately(effect),
    })
  }
  return { result: issue.isNew ? 'issue filed' : 'issue found', url: issue.html_url }
}

/** One issue for as long as the repository is out of SLA. Closed by a person, it stays closed until that has ended once. */
async function fileRolling(
  filing: Filing,
  breach: Breach,
  before: (FoundIssue & { path: RepositoryPath }) | null,
): Promise<EffectResult> {
  const { octokit, path, login, effect } = filing
  const text = textOf(filing, breach)
  if (before?.locked) return { result: 'left alone: the issue is locked', url: before.html_url }
  if (before?.state === 'open') {
    const body = `${text.body}\n\n${text.marker}`
    const isWritten = await updateIssue(octokit, before.path, before, { title: text.title, body })
    return { result: isWritten ? 'issue updated' : 'issue unchanged', url: before.html_url }
  }
  const found = await findIssue(octokit, path, { login, marker: text.marker, since: lately(effect) })
  if (found) return { result: 'issue found', url: found.html_url }
  if (before && before.closedBy !== login && !(await wasBackSince(filing, before.closedAt, breach.day)))
    return {
      result: 'left closed: a person closed it, and it was not back in SLA since',
      url: before.html_url,
    }
  const issue = await openIssue(octokit, path, { ...text, login, since: lately(effect) })
  return { result: 'issue filed', url: issue.html_url }
}

/** Closes the newest issue when the repository is back in SLA, unless somebody wants it open. */
export async function closeBreachIssue(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const { day } = effect.detail as { day: string }
  const { repository_id } = repository
  const settings = await deps.settingsOf(repository_id)
  const likely = await inSlaProbability(deps.db, repository_id, settings, day)
  if (likely === null || likely < BACK_IN_SLA) return { result: 'not closed: not back in SLA', url: null }
  const [newest] = await readFiledBreaches(deps.db, repository_id)
  const issue = await readFiled(octokit, newest)
  if (!issue) return { result: 'not closed: the issue is gone', url: null }
  const isClosed = await closeIssue(octokit, issue.path, issue, {
    body: `Back in SLA: over the seven days up to ${day} the rate is below the target with ${odds(likely)} probability. Reopen this issue and it stays open.`,
    marker: marker(`back-in-sla:${newest?.day}`),
    login: (await deps.github?.botLogin()) ?? '',
    since: lately(effect),
  })
  const result = isClosed
    ? 'issue closed: back in SLA'
    : 'left as it is: somebody closed, reopened or locked it'
  return { result, url: issue.html_url }
}

function textOf({ repository, effect, settings }: Filing, breach: Breach) {
  return {
    title: breachTitle(breach),
    body: breachBody(breach),
    labels: settings.breachIssue.labels,
    assignees: settings.breachIssue.assignees,
    marker: marker(`${effect.task_key} repository=${repository.repository_id}`),
  }
}

async function writeUp(filing: Filing, day: string, filed: readonly FiledBreach[]): Promise<Breach | null> {
  const { deps, octokit, repository, settings, path } = filing
  const figures = await readBreach(deps.db, repository, settings, day)
  if (!figures) return null
  const { full_name } = repository
  const ownersOf = ownersIn(octokit, full_name, settings)
  const jobs = []
  for (const job of figures.jobs) jobs.push({ ...job, owners: await ownersOf(job) })
  const isElsewhere = `${path.owner}/${path.repo}` !== full_name
  const pages = deps.publicUrl ? `${deps.publicUrl}/${full_name}` : null
  return {
    ...figures,
    jobs,
    previous: filed.map(({ day: one, url }) => ({ day: one, url })),
    elsewhere: isElsewhere ? full_name : null,
    dashboardUrl: pages,
    // GitHub fetches pictures without credentials.
    pictureUrl: pages && !repository.private ? `${pages}/trend.svg` : null,
  }
}

async function readFiled(
  octokit: Octokit,
  filed: FiledBreach | undefined,
): Promise<(FoundIssue & { path: RepositoryPath }) | null> {
  const at = filed && issueAt(filed.url)
  if (!at) return null
  const path = { owner: at.owner, repo: at.repo }
  const issue = await readIssue(octokit, path, at.number)
  return issue && { ...issue, path }
}

/** From when on our own writing is looked for: an hour more, because GitHub's clock may be behind this one. */
function lately({ created_at }: Row<'outbox'>): string {
  return new Date(Date.parse(created_at) - 3_600_000).toISOString()
}

/** Whether any day since then ended with the repository back in SLA. */
async function wasBackSince({ deps, repository, settings }: Filing, since: string | null, day: string) {
  if (since === null) return false
  let window = windowAt('day', Date.parse(since), settings.timeZone)
  const last = windowOf('day', day, settings.timeZone)
  for (; window.from <= last.from; window = shiftWindow(window, 1, settings.timeZone)) {
    const likely = await inSlaProbability(deps.db, repository.repository_id, settings, window.start)
    if (likely !== null && likely >= BACK_IN_SLA) return true
  }
  return false
}

async function isPrivate(octokit: Octokit, path: RepositoryPath): Promise<boolean> {
  return (await octokit.rest.repos.get({ ...path })).data.private
}
