/** One pull request: what to do now, in the words of the comment, then each head with its runs and flakes. */

import { type JobFlake, type JobRun, readFlakesOf, readHeadsOf, readRunsOf } from '../../db/pull-requests.ts'
import { type PullRequestReport, readPullRequestReport } from '../../derive/report-data.ts'
import { count, percent } from '../../texts/figures.ts'
import { flakedElsewhere, reportText } from '../../texts/report.ts'
import type { DashboardDeps } from '../deps.ts'
import {
  csvLink,
  externalLink,
  flakeLink,
  fromMarkdown,
  type Html,
  html,
  instant,
  jobLink,
  name,
  pullRequestLink,
  repositoryPath,
  table,
} from '../html.ts'
import { readPullRequest } from '../queries/pull-request.ts'
import { type Retest, readRetests } from '../retests.ts'
import { MAX_HEADS, type RepositoryView } from '../view.ts'
import { causedWords, outcomeWords, slaOfRow } from '../wording.ts'
import type { StoredEvidence } from './arithmetic.ts'

const MAX_LINKS = 5

/** The body of `/{owner}/{repo}/pull/{n}`; null if the pull request is unknown. */
export async function pullRequestPage(
  { db, githubUrl }: Pick<DashboardDeps, 'db' | 'githubUrl'>,
  view: RepositoryView,
  number: number,
): Promise<Html | null> {
  const { repository_id, full_name } = view.repository
  const pullRequest = await readPullRequest(db, repository_id, number)
  const heads = await readHeadsOf(db, repository_id, number)
  const flakes = await readFlakesOf(db, repository_id, number)
  if (!pullRequest && flakes.length === 0) return null
  const shown = heads.slice(0, MAX_HEADS)
  const report = await readPullRequestReport(db, view.repository, number, view.settings, view.now)
  const retests = await readRetests(db, view, number, shown)
  const sections: Html[] = []
  for (const head of shown) {
    const runs = await readRunsOf(db, repository_id, number, head.head_sha)
    sections.push(headSection(full_name, head, runs, flakes))
  }
  return html`<h2>#${number}${pullRequest ? html` ${name(pullRequest.title)}` : ''}</h2>
<p class="muted">${pullRequest ? html`By ${name(pullRequest.author)}, ${pullRequest.merged ? 'merged' : pullRequest.state}. ` : ''}<a href="${githubUrl}/${full_name}/pull/${number}">On GitHub</a></p>
<p class="lead">${fromMarkdown(adviceOf(report))}</p>
${redJobs(report)}
${sections}
${csvLink(`/api/v1/repositories${repositoryPath(full_name)}/pulls/${number}/runs.csv`, 'Runs')}
${heads.length > shown.length ? html`<p class="muted">${count(heads.length - shown.length, 'older head')} not shown.</p>` : ''}
<h3>Retests requested</h3>${retests.length > 0 ? html`${retestTable(retests)}${csvLink(`/api/v1/repositories${repositoryPath(full_name)}/pulls/${number}/retests.csv`, 'Retests')}` : html`<p>None.</p>`}`
}

/** The first line of the comment that `/flake-report` would write now: what to do. */
function adviceOf(report: PullRequestReport): string {
  const { day, week } = report
  const [advice = ''] = reportText({
    ...report,
    day: day && slaOfRow(day),
    week: week && slaOfRow(week),
  }).split('\n')
  return advice
}

function isRed(runs: readonly { outcome: string }[]): boolean {
  return runs.findLast((run) => run.outcome === 'pass' || run.outcome === 'fail')?.outcome === 'fail'
}

/** How each job that is red now behaves on other pull requests. */
function redJobs({ jobs, baseRateDays }: PullRequestReport): Html | string {
  const red = jobs.filter((job) => isRed(job.runs))
  if (red.length === 0) return ''
  return html`<ul>${red.map(({ name: job, baseRate }) => {
    const { flaky = 0, verdicts = 0, seen_on = [] } = baseRate ?? {}
    const share = verdicts > 0 ? ` (${percent(flaky / verdicts)})` : ''
    return html`<li>${name(job)} is red: ${flakedElsewhere(flaky, verdicts, seen_on.slice(0, MAX_LINKS), baseRateDays)}${share}.</li>`
  })}</ul>`
}

function headSection(
  fullName: string,
  head: { head_sha: string; since: string },
  runs: readonly JobRun[],
  flakes: readonly JobFlake[],
): Html {
  const title = html`<h3>Head <code>${head.head_sha.slice(0, 10)}</code> <small>since ${instant(head.since)}</small></h3>`
  if (runs.length === 0) return html`${title}<p>No results.</p>`
  const byJob = Map.groupBy(runs, (run) => run.job_id)
  const rows = [...byJob].map(([jobId, jobRuns]) => {
    const flake = flakes.find((row) => row.job_id === jobId && row.head_sha === head.head_sha)
    return { jobId, jobRuns, flake, failed: jobRuns.some((run) => run.outcome === 'fail') }
  })
  rows.sort(
    (a, b) => Number(Boolean(b.flake)) - Number(Boolean(a.flake)) || Number(b.failed) - Number(a.failed),
  )
  return html`${title}${table(
    `Jobs at ${head.head_sha.slice(0, 10)}: flaky jobs first, then failed jobs`,
    ['Job', 'Runs, oldest first', 'Caused by this pull request?', 'Why'],
    rows.map(({ jobId, jobRuns, flake }) => [
      jobLink(fullName, jobId, jobRuns[0]?.name ?? ''),
      html`${jobRuns.map((run, i) => html`${i > 0 ? ' → ' : ''}<span class="o-${run.outcome}">${externalLink(run.url, outcomeWords(run.outcome))}</span>`)}`,
      flake
        ? flakeLink(fullName, head.head_sha, jobId, causedWords(flake.attribution, flake.probability))
        : '',
      flake ? why(fullName, flake.evidence as StoredEvidence | null) : '',
    ]),
  )}`
}

/** The sentence of the comment, with links: in a comment, GitHub itself links pull request numbers. */
function why(fullName: string, evidence: StoredEvidence | null): Html | string {
  if (evidence?.k === undefined || evidence.n === undefined) return ''
  const words = flakedElsewhere(
    Math.round(evidence.k),
    evidence.n,
    evidence.seen_on ?? [],
    evidence.window_days ?? 14,
  )
  const parts = words.split(/#(\d+)/)
  return html`${parts.map((part, i) => (i % 2 === 0 ? part : pullRequestLink(fullName, Number(part))))}`
}

function retestTable(retests: readonly Retest[]): Html {
  return table(
    'Oldest first',
    ['When', 'Requested by', 'Request'],
    retests.map((retest) => [
      instant(retest.at),
      html`${name(retest.author)}${retest.bot ? ' (bot)' : ''}`,
      name(retest.words),
    ]),
  )
}
