/** The overview of one repository: is it in SLA, is it improving, and which jobs are to blame? */
import {
  type BreachIssue,
  BUDGET_DAYS,
  budgetDays,
  type ErrorBudget,
  readBreachIssue,
  readFlakeDays,
  readTimeLost,
} from '../../db/budget.ts'
import { readLatestFlakes } from '../../db/flakes.ts'
import { readJobCosts } from '../../db/jobs.ts'
import { readRequiredState } from '../../db/missing.ts'
import type { Row } from '../../db/schema.ts'
import type { RequiredState } from '../../domain/required.ts'
import { count, percent } from '../../texts/figures.ts'
import { requiredSentences } from '../../texts/required.ts'
import { burnWords, readBudget, readShares } from '../budget.ts'
import { type Trend, trendSvg } from '../charts/trend.ts'
import { dayWords, weekdayWords, windowName } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, externalLink, type Html, html, repositoryPath, table } from '../html.ts'
import { ownersOf, trackingIssues } from '../job-owners.ts'
import { pictureKey } from '../signed-pictures.ts'
import { readTrend, TREND_DAYS } from '../trend-data.ts'
import type { RepositoryView } from '../view.ts'
import { answer, chance, coverageWords, range, slaOfRow, stateOf } from '../wording.ts'
import { flakeTable } from './flake-table.ts'
import { gateSection } from './gates.ts'
import { jobCosts, shownJobs } from './job-costs.ts'
import { stateMark, tile } from './tile.ts'

const MAX_FLAKES = 20

/** The body of `/{owner}/{repo}` and when its figures last changed. */
export async function repositoryPage(
  deps: Pick<DashboardDeps, 'db' | 'auth' | 'publicUrl' | 'githubUrl'>,
  view: RepositoryView,
): Promise<{ body: Html; measuredAt: string | null }> {
  const { repository, today } = view
  const { trend, days, weeks } = await readTrend(deps.db, view)
  const measured = [...days, ...weeks].map((row) => row.measured_at)
  const measuredAt = measured.sort().at(-1) ?? null
  const newest = [tested(days), tested(weeks)]
  const { budget, shares, latest, issue, costly, state } = await readParts(deps, view, newest, measuredAt)
  const gates = await gateSection(deps, view)
  const body = html`${currentState(newest, shares, today, budget)}
${issueWords(issue, `${deps.githubUrl}/${repository.full_name}/`)}
<h2 id="trend">Is it getting better?</h2>${trendSection(trend, days)}
<h2 id="jobs">Most expensive jobs</h2>${jobCosts(repository.full_name, costly)}
<h2 id="flakes">Latest flakes</h2>${latest.length === 0 ? html`<p>No required job has flaked yet.</p>` : html`${flakeTable(repository.full_name, latest)}${csvLink(`/api/v1/repositories${repositoryPath(repository.full_name)}/flakes.csv`, 'Flakes')}`}
<p class="muted">${requiredWords(view, state, budget.first)}</p>
${gates}
${badgeSection(deps, repository)}`
  return { body, measuredAt }
}

/** Reads what the page shows besides the trend. @param newest newest day and week with data */
async function readParts(
  deps: Pick<DashboardDeps, 'db' | 'githubUrl'>,
  view: RepositoryView,
  newest: readonly (Row<'sla_window'> | undefined)[],
  measuredAt: string | null,
) {
  const { db, githubUrl } = deps
  const { repository, now, settings, scope } = view
  const windows = newest.filter((row) => row !== undefined)
  const { span } = budgetDays(now, settings)
  const costing = readJobCosts(db, scope, span)
  // A connection pool runs these queries at once, the embedded database one after the other.
  const [budget, costs, costsToday, lost, shares, days, latest, issue, issues, state] = await Promise.all([
    readBudget(db, view, measuredAt),
    costing,
    readJobCosts(db, scope, { from: span.to, to: now + 1 }),
    costing.then((jobs) => readTimeLost(db, scope, span, shownJobs(jobs))),
    readShares(db, view, windows),
    readFlakeDays(db, scope, span, view.calendar),
    readLatestFlakes(db, scope, { from: 0, to: now + 1 }, { limit: MAX_FLAKES }),
    readBreachIssue(db, repository.repository_id),
    trackingIssues(deps, view),
    readRequiredState(db, view),
  ])
  const costly = {
    costs,
    costsToday,
    days,
    lost,
    budget,
    issues,
    ownersOf: (job: string) => ownersOf(settings, job),
    githubUrl,
  }
  return { budget, shares, latest, issue, costly, state }
}

/** Links the breach issue. An issue in another repository is not linked: the reader may not have access to it. */
function issueWords(issue: BreachIssue | null, repositoryUrl: string): Html | string {
  if (!issue?.url.startsWith(repositoryUrl)) return ''
  return html`<p>Tracked in ${externalLink(issue.url, `the breach issue of ${weekdayWords(issue.day)}`)}.</p>`
}

function tested(rows: readonly Row<'sla_window'>[]): Row<'sla_window'> | undefined {
  return rows.findLast((row) => row.prs > 0)
}

/** The tiles, and the answer in one sentence. @param shares of required results received, for each window that has data */
function currentState(
  [day, week]: readonly (Row<'sla_window'> | undefined)[],
  shares: readonly (number | null)[],
  today: string,
  budget: ErrorBudget,
): Html {
  if (!week && !day)
    return html`<p class="lead">No data: no pull request was tested in the last ${TREND_DAYS} days.</p>`
  const withData = [day, week].filter((row) => row !== undefined)
  const tiles = withData.map((row, i) => {
    const share = coverageWords(shares[i] ?? null)
    const note = row.closed ? '' : 'in progress'
    return tile(windowName(row.kind, row.start, today), note, slaOfRow(row), share ? [share] : [])
  })
  const lead = week ?? (day as Row<'sla_window'>)
  return html`<p class="lead">${answer(windowName(lead.kind, lead.start, today), slaOfRow(lead))}</p>
<div class="tiles">${tiles}${budgetTile(budget, day, week)}</div>`
}

function budgetTile(
  { sla, last, allowed, spent, left }: ErrorBudget,
  day: Row<'sla_window'> | undefined,
  week: Row<'sla_window'> | undefined,
): Html {
  const sums = (row: Row<'sla_window'> | undefined) => (row ? slaOfRow(row) : null)
  const burn = burnWords(sums(day), sums(week), sla)
  const figure = (value: number) => Number(value.toFixed(value < 10 ? 1 : 0))
  const budget = `Error budget: ${figure(allowed)} ${figure(allowed) === 1 ? 'flake' : 'flakes'} allowed, ${spent} spent; ${left < 0 ? `exceeded by ${figure(-left)}` : `${figure(left)} left`}.`
  return tile(`${BUDGET_DAYS} days to ${dayWords(last)}`, '', sla, [
    budget,
    ...(burn ? [html`<strong>${burn}</strong>`] : []),
  ])
}

function trendSection(trend: Trend, days: Row<'sla_window'>[]): Html {
  const rows = days.filter((row) => row.prs > 0 || row.flakes > 0).reverse()
  return html`<figure>
<div class="wide">${trendSvg(trend, { width: 1040, height: 260 }, 'trend-wide')}</div>
<div class="narrow">${trendSvg(trend, { width: 360, height: 220 }, 'trend-narrow')}</div>
<figcaption class="key"><span><i class="k-in"></i>day in SLA</span><span><i class="k-out"></i>day out of SLA</span><span><i class="k-partial"></i>in progress</span><span>· no data</span><span>▲ above the scale</span><span><i class="k-week"></i>week</span><span><i class="k-target"></i>target</span>${trend.incidents.length > 0 ? html`<span><i class="k-incident"></i>incident</span>` : ''}${trend.definitionChanges.length > 0 ? html`<span><i class="k-change"></i>definitions changed</span>` : ''}</figcaption>
</figure>
<details><summary>Show as a table</summary>${table(
    `Days with data in the last ${TREND_DAYS} days, newest first`,
    [
      'Day',
      'State',
      'Rate',
      'Range',
      'Probability above target',
      'Counted flakes',
      'All flakes',
      'Tested pull requests',
    ],
    rows.map((row) => {
      const sla = slaOfRow(row)
      return [
        html`<time datetime="${row.start}">${weekdayWords(row.start)}</time>${row.closed ? '' : html` <small>in progress</small>`}`,
        stateMark(stateOf(sla)),
        percent(sla.rate),
        range(sla),
        chance(sla.breach_probability),
        sla.flakes_counted,
        sla.flakes,
        sla.prs,
      ]
    }),
  )}</details>`
}

/** The badge and its Markdown. A private repository's badge has a signed address, which opens nothing else. */
function badgeSection(
  { auth, publicUrl }: Pick<DashboardDeps, 'auth' | 'publicUrl'>,
  repository: Row<'repository'>,
): Html | string {
  if (repository.private && !auth) return ''
  const key =
    repository.private && auth ? `?key=${pictureKey(auth.secret, repository.repository_id, 'badge')}` : ''
  const path = repositoryPath(repository.full_name)
  const address = `${publicUrl ?? ''}/badge${path}.svg${key}`
  const target = `${publicUrl ?? ''}${path}`
  return html`<details><summary>Badge</summary><p><img src="/badge${path}.svg${key}" alt="The current badge" height="20"></p><pre tabindex="0" role="region" aria-label="Markdown for the badge">[![flakiness](${address})](${target})</pre>${key ? html`<p class="muted">Anyone with this address can see the badge of this private repository, and nothing else.</p>` : ''}</details>`
}

function requiredWords({ required, jobs }: RepositoryView, state: RequiredState, since: string): string {
  const of = jobs.filter((job) => required.includesNow(job)).length
  const places = { config: 'named in the settings file', protection: 'required by branch protection' }
  const basis =
    required.source === 'all'
      ? `${count(of, 'job')} count${of === 1 ? 's' : ''}: the required jobs are unknown, so every job seen on pull requests counts.`
      : `${of} of ${count(jobs.length, 'job')} count${of === 1 ? 's' : ''}: those ${places[required.source]}.`
  return [basis, ...requiredSentences(state, since, (name) => name)].join(' ')
}
