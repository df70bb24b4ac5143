/** One pull request: what to do now, in the words of the comment, then each head with its runs and verdicts. */

import {
  type JobFlake,
  type JobRun,
  readBaseRates,
  readFlakesOf,
  readHeadsOf,
  readRunsOf,
} from '../../db/pull-requests.ts'
import { DAY_MS } from '../../domain/time.ts'
import { count, percent } from '../../texts/figures.ts'
import { flakedElsewhere, reportText } from '../../texts/report.ts'
import type { Report } from '../../texts/report-facts.ts'
import type { DashboardDeps } from '../deps.ts'
import {
  csvLink,
  flakeLink,
  fromMarkdown,
  type Html,
  html,
  instant,
  jobLink,
  name,
  outward,
  pullRequestLink,
  repositoryPath,
  table,
} from '../html.ts'
import { readPullRequest } from '../queries/pull-request.ts'
import { type Retest, readRetests } from '../retests.ts'
import { MAX_HEADS, type RepositoryView } from '../view.ts'
import { faultWords, outcomeWords } from '../wording.ts'
import type { StoredEvidence } from './arithmetic.ts'

const BASE_RATE_DAYS = 14

/** The body of `/{owner}/{repo}/pull/{n}`; null where nothing is known of that pull request. */
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
  const newest = shown[0] ? await readRunsOf(db, repository_id, number, shown[0].head_sha) : []
  const report = await reportOf(db, view, { number, head: shown[0]?.head_sha ?? null, runs: newest, flakes })
  const [advice] = reportText(report).split('\n')
  const retests = await readRetests(db, repository_id, number, shown)
  const sections: Html[] = []
  for (const head of shown) {
    const runs = head === shown[0] ? newest : await readRunsOf(db, repository_id, number, head.head_sha)
    sections.push(headSection(full_name, head, runs, flakes))
  }
  return html`<h2>#${number}${pullRequest ? html` ${name(pullRequest.title)}` : ''}</h2>
<p class="muted">${pullRequest ? html`By ${name(pullRequest.author)}, ${pullRequest.merged ? 'merged' : pullRequest.state}. ` : ''}<a href="${githubUrl}/${full_name}/pull/${number}">On GitHub</a></p>
<p class="lead">${fromMarkdown(advice ?? '')}</p>
${odds(report.jobs)}
${sections}
${csvLink(`/api/v1/repositories${repositoryPath(full_name)}/pulls/${number}/runs.csv`, 'Runs')}
${heads.length > shown.length ? html`<p class="muted">And ${count(heads.length - shown.length, 'older head')}.</p>` : ''}
<h3>Retests asked for</h3>${retests.length > 0 ? html`${retestTable(retests)}${csvLink(`/api/v1/repositories${repositoryPath(full_name)}/pulls/${number}/retests.csv`, 'Retests')}` : html`<p>None.</p>`}`
}

/** What the comment is written from, but for base rates: only of jobs that are red, the others' are not told. */
async function reportOf(
  db: DashboardDeps['db'],
  { repository, settings, required, scope, now }: RepositoryView,
  about: { number: number; head: string | null; runs: readonly JobRun[]; flakes: readonly JobFlake[] },
): Promise<Report> {
  const counts = (one: { job_id: number }) => scope.jobIds === null || scope.jobIds.includes(one.job_id)
  const byJob = Map.groupBy(about.runs.filter(counts), (run) => run.job_id)
  const red = [...byJob].flatMap(([id, runs]) => (isRed(runs) ? [id] : []))
  const baseRates = await readBaseRates(db, repository.repository_id, red, {
    number: about.number,
    since: new Date(now - BASE_RATE_DAYS * DAY_MS).toISOString(),
    until: new Date(now).toISOString(),
  })
  const jobs = [...byJob].map(([id, runs]) => ({
    name: runs[0]?.name ?? '',
    runs,
    flake: about.flakes.find((flake) => flake.job_id === id && flake.head_sha === about.head) ?? null,
    baseRate: baseRates.get(id) ?? null,
  }))
  const windows = {
    day: null,
    week: null,
    target: settings.target,
    requiredSource: required.source,
    requiredProblem: required.problem,
  }
  const rest = { earlier: [], budget: null, onlyJob: null, otherJobs: [], settingsProblems: [] }
  return {
    number: about.number,
    headSha: about.head,
    jobs,
    baseRateDays: BASE_RATE_DAYS,
    ...rest,
    ...windows,
  }
}

function isRed(runs: readonly { outcome: string }[]): boolean {
  return runs.findLast((run) => run.outcome === 'pass' || run.outcome === 'fail')?.outcome === 'fail'
}

/** What a retest of each job that is red now would likely do, from how the job behaves elsewhere. */
function odds(jobs: Report['jobs']): Html | string {
  const red = jobs.filter((job) => isRed(job.runs))
  if (red.length === 0) return ''
  return html`<ul>${red.map(({ name: job, baseRate }) => {
    const seen = baseRate
      ? flakedElsewhere(baseRate.flaky, baseRate.verdicts, baseRate.seen_on.slice(0, 5), 14)
      : 'no other pull request ran it in 14 days'
    const share = baseRate && baseRate.verdicts > 0 ? ` (${percent(baseRate.flaky / baseRate.verdicts)})` : ''
    return html`<li>${name(job)} is red: it ${seen}${share}.</li>`
  })}</ul>`
}

function headSection(
  fullName: string,
  head: { head_sha: string; since: string },
  runs: readonly JobRun[],
  flakes: readonly JobFlake[],
): Html {
  const title = html`<h3>Head <code>${head.head_sha.slice(0, 10)}</code> <small>since ${instant(head.since)}</small></h3>`
  if (runs.length === 0) return html`${title}<p>No result.</p>`
  const byJob = Map.groupBy(runs, (run) => run.job_id)
  const rows = [...byJob].map(([jobId, own]) => {
    const flake = flakes.find((one) => one.job_id === jobId && one.head_sha === head.head_sha)
    return { jobId, own, flake, failed: own.some((run) => run.outcome === 'fail') }
  })
  rows.sort(
    (a, b) => Number(Boolean(b.flake)) - Number(Boolean(a.flake)) || Number(b.failed) - Number(a.failed),
  )
  return html`${title}${table(
    `Jobs at ${head.head_sha.slice(0, 10)}: those that flaked first, then those that failed`,
    ['Job', 'Runs, in order', 'The pull request’s fault?', 'Why'],
    rows.map(({ jobId, own, flake }) => [
      jobLink(fullName, jobId, own[0]?.name ?? ''),
      html`${own.map((run, i) => html`${i > 0 ? ' → ' : ''}<span class="o-${run.outcome}">${outward(run.url, outcomeWords(run.outcome))}</span>`)}`,
      flake
        ? flakeLink(fullName, head.head_sha, jobId, faultWords(flake.attribution, flake.probability))
        : '',
      flake ? why(fullName, flake.evidence as StoredEvidence | null) : '',
    ]),
  )}`
}

/** The sentence of the comment; there GitHub makes links of the numbers, here we do. */
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
    ['When', 'Who', 'What'],
    retests.map((one) => [
      instant(one.at),
      html`${name(one.author)}${one.bot ? ' (bot)' : ''}`,
      name(one.words),
    ]),
  )
}
