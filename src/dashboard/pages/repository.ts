/** One repository: is it in SLA, is it getting better, which jobs broke it. */
import { type JobCost, readJobCosts, readLatestFlakes } from '../../db/dashboard-flakes.ts'
import type { Row } from '../../db/schema.ts'
import { count, percent } from '../../texts/figures.ts'
import { type Trend, trendSvg } from '../charts/trend.ts'
import { weekdayWords, windowName } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { type Html, html, instant, jobLink, table } from '../html.ts'
import { wilson } from '../interval.ts'
import type { RepositoryScope } from '../scope.ts'
import { readTrend, TREND_DAYS } from '../trend-data.ts'
import { answer, chance, range, slaOfRow, stateOf } from '../words.ts'
import { flakeTable } from './flake-table.ts'
import { stateMark, tile } from './tile.ts'

const COST_DAYS = 28
const DAY = 86_400_000
const MOST_JOBS = 20
const MOST_FLAKES = 20

/** The body of `/{owner}/{repo}` and when its figures were measured. */
export async function repositoryPage(
  { db }: Pick<DashboardDeps, 'db'>,
  scope: RepositoryScope,
): Promise<{ body: Html; measuredAt: string | null }> {
  const { repository, today, now } = scope
  const { trend, days, weeks } = await readTrend(db, scope)
  const span = { from: now - COST_DAYS * DAY, to: now + 1 }
  const costs = await readJobCosts(db, scope.flakes, span)
  const flakes = await readLatestFlakes(db, scope.flakes, { from: 0, to: now + 1 }, { limit: MOST_FLAKES })
  const measuredAt =
    [...days, ...weeks]
      .map((row) => row.measured_at)
      .sort()
      .at(-1) ?? null
  const body = html`${standing(days, weeks, today)}
<h2 id="trend">Is it getting better?</h2>${trendSection(trend, days)}
<h2 id="jobs">What broke it?</h2>${jobSection(repository.full_name, costs)}
<h2 id="flakes">Latest flakes</h2>${flakes.length === 0 ? html`<p>No job that counts has flaked yet.</p>` : flakeTable(repository.full_name, flakes)}
<p class="muted">${requiredWords(scope)}</p>`
  return { body, measuredAt }
}

function standing(days: Row<'sla_window'>[], weeks: Row<'sla_window'>[], today: string): Html {
  const week = weeks.findLast((row) => row.prs > 0)
  const day = days.findLast((row) => row.prs > 0)
  if (!week && !day)
    return html`<p class="lead">No pull request was tested in the last ${TREND_DAYS} days, so there is no rate: neither in nor out of SLA.</p>`
  const tiles = ([day, week] as const).flatMap((row) => {
    if (!row) return []
    return [tile(windowName(row.kind, row.start, today), row.closed ? '' : 'not over yet', slaOfRow(row))]
  })
  const lead = week ?? (day as Row<'sla_window'>)
  return html`<p class="lead">${answer(windowName(lead.kind, lead.start, today), slaOfRow(lead))}</p>
<div class="tiles">${tiles}</div>`
}

function trendSection(trend: Trend, days: Row<'sla_window'>[]): Html {
  const rows = days.filter((row) => row.prs > 0 || row.flakes > 0).reverse()
  return html`<figure>
<div class="wide">${trendSvg(trend, { width: 1040, height: 260 }, 'trend-wide')}</div>
<div class="narrow">${trendSvg(trend, { width: 360, height: 220 }, 'trend-narrow')}</div>
<figcaption class="key"><span><i class="k-in"></i>day in SLA</span><span><i class="k-out"></i>day out of SLA</span><span><i class="k-partial"></i>not over yet</span><span>· no data</span><span>▲ higher than drawn</span><span><i class="k-week"></i>week</span><span><i class="k-target"></i>target</span></figcaption>
</figure>
<details><summary>The same as a table</summary>${table(
    `Days with data of the last ${TREND_DAYS}, newest first`,
    [
      'Day',
      'State',
      'Rate',
      'Range',
      'Chance of a breach',
      'Flakes counted',
      'All flakes',
      'Pull requests tested',
    ],
    rows.map((row) => {
      const sla = slaOfRow(row)
      return [
        html`<time datetime="${row.start}">${weekdayWords(row.start)}</time>${row.closed ? '' : html` <small>not over yet</small>`}`,
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

function jobSection(fullName: string, costs: readonly JobCost[]): Html {
  if (costs.length === 0) return html`<p>No job that counts flaked in the last ${COST_DAYS} days.</p>`
  const total = costs.reduce((sum, job) => sum + job.flakes_counted, 0)
  const ranked = costs
    .map((job) => ({ ...job, interval: wilson(job.flakes, job.verdicts) }))
    .sort((a, b) => b.flakes_counted - a.flakes_counted || b.interval.low - a.interval.low)
  const rows = ranked
    .slice(0, MOST_JOBS)
    .map((job) => [
      jobLink(fullName, job.job_id, job.name),
      total === 0 ? '–' : percent(job.flakes_counted / total),
      job.flakes_counted === job.flakes ? job.flakes : `${job.flakes_counted} of ${job.flakes}`,
      job.pull_requests,
      html`${percent(job.verdicts === 0 ? null : job.flakes / job.verdicts)} <small>${percent(job.interval.low)} to ${percent(job.interval.high)}</small>`,
      job.verdicts,
      instant(job.last_flaked_at),
    ])
  const rest = ranked.length - rows.length
  return html`${table(
    `Jobs that flaked in the last ${COST_DAYS} days, by their share of the error budget spent. Rate: commits at which the job flaked, of those it judged, with its 95% interval.`,
    [
      'Job',
      'Share of the budget spent',
      'Flakes counted',
      'Pull requests hit',
      'Flake rate',
      'Commits judged',
      'Last flake',
    ],
    rows,
  )}${rest > 0 ? html`<p class="muted">And ${count(rest, 'more job')}.</p>` : ''}`
}

function requiredWords({ required, jobs, flakes }: RepositoryScope): string {
  const of = flakes.jobIds === null ? jobs.length : flakes.jobIds.length
  if (required.source === 'all')
    return `${count(of, 'job')} count${of === 1 ? 's' : ''}: which jobs are required before merge is not known, so every job seen on pull requests is taken.`
  const where = required.source === 'config' ? 'the configuration file names' : 'branch protection requires'
  return `${of} of ${count(jobs.length, 'job')} count: those that ${where}.`
}
