/** The home page: every repository that the reader may see, most certainly out of SLA first. */

import type { Row } from '../../db/schema.ts'
import { type Sla, slaOf } from '../../domain/sla.ts'
import { count, percent } from '../../texts/figures.ts'
import { spark } from '../charts/spark.ts'
import { addDays, dayAt, weekOf, windowName } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, name, repositoryPath, table } from '../html.ts'
import { pageLinks, pageOf } from '../paging.ts'
import { type BackfillState, readOpenBackfills } from '../queries/backfill.ts'
import { readFreshness } from '../queries/status.ts'
import { hasWindows, readNewestWindows, readWindowsOf } from '../queries/windows.ts'
import { chance, range, ratio, slaOfRow, stateOf } from '../wording.ts'
import { backfillText } from './backfill.ts'
import { firstRun, type Progress, type Reader } from './first-run.ts'
import { stateMark } from './tile.ts'

const WEEKS = 12
const SHOWN = 50

interface Line {
  repository: Row<'repository'>
  day: Row<'sla_window'> | undefined
  week: Row<'sla_window'> | undefined
  rates: (number | null)[]
}

export interface HomePage {
  body: Html
  measuredAt: string | null
  /** Whether the page shows progress, and so refreshes itself every few seconds. */
  isMoving: boolean
}

/** The body of `/` and when its figures last changed. */
export async function homePage(
  deps: Pick<DashboardDeps, 'db' | 'now' | 'isSetUp'>,
  repositories: readonly Row<'repository'>[],
  { page, reader }: { page: string | undefined; reader: Reader },
): Promise<HomePage> {
  const { db, now } = deps
  const today = dayAt(now(), 'UTC')
  const ids = repositories.map((repository) => repository.repository_id)
  // One extra day on both ends: a repository's local day may be ahead of UTC or behind.
  const to = addDays(today, 1)
  const spanned = { from: addDays(today, -7 * WEEKS - 1), to }
  const weeks = await readNewestWindows(db, ids, 'week', spanned)
  const backfills = await readOpenBackfills(db, ids)
  if (weeks.size === 0 && !(await hasWindows(db, ids)))
    return {
      body: firstRun(await progressOf(deps, ids, backfills), reader),
      measuredAt: null,
      isMoving: true,
    }
  const ranked = repositories.map((repository) => ({ repository, week: weeks.get(repository.repository_id) }))
  ranked.sort((a, b) => weight(b) - weight(a) || a.repository.full_name.localeCompare(b.repository.full_name))
  const part = pageOf(ranked, page, SHOWN)
  const shownIds = part.shown.map(({ repository }) => repository.repository_id)
  const [days, past] = await Promise.all([
    readNewestWindows(db, shownIds, 'day', { from: addDays(today, -8), to }),
    readWindowsOf(db, shownIds, 'week', spanned),
  ])
  const pastOf = Map.groupBy(past, (row) => row.repository_id)
  const lines = part.shown.map(({ repository, week }): Line => {
    const id = repository.repository_id
    return {
      repository,
      week,
      day: days.get(id),
      rates: ratesOf(pastOf.get(id) ?? [], today),
    }
  })
  const measured = [...weeks.values(), ...days.values()].map((row) => row.measured_at)
  const content = html`${body(lines, ranked, today)}${backfillText(backfills)}${pageLinks(part, '/')}${csvLink('/api/v1/repositories.csv', 'All repositories')}`
  return { body: content, measuredAt: measured.sort().at(-1) ?? null, isMoving: false }
}

/** One rate for each of the last weeks, null without data, so that the sparklines of all repositories share an axis. */
function ratesOf(weeks: readonly Row<'sla_window'>[], today: string): (number | null)[] {
  const rates = new Map(weeks.map((row) => [row.start, slaOfRow(row).rate]))
  const monday = weekOf(today)
  return Array.from({ length: WEEKS }, (_, i) => rates.get(addDays(monday, 7 * (i + 1 - WEEKS))) ?? null)
}

async function progressOf(
  { db, isSetUp = true }: Pick<DashboardDeps, 'db' | 'isSetUp'>,
  ids: readonly number[],
  backfills: readonly BackfillState[],
): Promise<Progress> {
  const freshness = await readFreshness(db, ids)
  return {
    isSetUp,
    isInstalled: ids.length > 0,
    backfills,
    hasDelivery: freshness.some((row) => row.last_delivery_at !== null),
  }
}

/** Sort key: out of SLA, then in SLA, then no data; within each, the most certain breach first. */
function weight({ week }: Pick<Line, 'week'>): number {
  if (!week) return -1
  return (week.breached ? 1 : 0) + (week.breach_probability ?? 0)
}

function body(lines: readonly Line[], all: readonly Pick<Line, 'week'>[], today: string): Html {
  return html`<h1>Are we in SLA?</h1>${summary(all, today)}
${table(
  `Repositories, most certainly out of SLA first. Rate: flakes not caused by their pull request, divided by tested pull requests.`,
  [
    'Repository',
    'Latest week',
    'Rate',
    'Range',
    'Probability above target',
    'Flakes',
    'Latest day',
    `Last ${WEEKS} weeks`,
  ],
  lines.map((line) => cells(line, today)),
)}`
}

function summary(lines: readonly Pick<Line, 'week'>[], today: string): Html {
  const current = lines.flatMap(({ week }) => (week && addDays(week.start, 7) > today ? [week] : []))
  const out = current.filter((row) => row.breached).length
  if (current.length === 0)
    return html`<p class="lead">No pull request was tested this week in ${count(lines.length, 'repository', 'repositories')}. The table shows the latest week with data.</p>`
  const sum = (of: (row: Row<'sla_window'>) => number) => current.reduce((total, row) => total + of(row), 0)
  const flakes = sum((row) => row.flakes_counted)
  const prs = sum((row) => row.prs)
  return html`<p class="lead">This week ${out} of ${count(current.length, 'repository', 'repositories')} with data ${out === 1 ? 'is' : 'are'} out of SLA: ${count(flakes, 'flake')} in ${count(prs, 'tested pull request')}, ${percent(prs === 0 ? null : flakes / prs)} overall.</p>`
}

function cells({ repository, day, week, rates }: Line, today: string): unknown[] {
  const link = html`<a href="${repositoryPath(repository.full_name)}">${name(repository.full_name)}</a>${repository.private ? html` <span class="badge">private</span>` : ''}`
  if (!week) return [link, stateMark('none'), '–', '–', '–', '–', '–', '']
  const sla = slaOfRow(week)
  return [
    link,
    html`${stateMark(stateOf(sla))} <br><small>${windowName('week', week.start, today)}${week.closed ? '' : ', in progress'}</small>`,
    html`<strong>${percent(sla.rate)}</strong>`,
    range(sla),
    chance(sla.breach_probability),
    ratio(sla),
    day ? dayCell(slaOfRow(day), day, today) : '–',
    spark(rates, sla.target),
  ]
}

function dayCell(sla: Sla, day: Row<'sla_window'>, today: string): Html {
  return html`${stateMark(stateOf(slaOf(sla)))} ${percent(sla.rate)} <br><small>${windowName('day', day.start, today)}</small>`
}
