/** The organisation at a glance: every repository that the reader may see, those furthest out of SLA first. */

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
  /** Whether it shows progress, and is to be kept up to date closely. */
  isMoving: boolean
}

/** The body of `/` and when its figures were measured. */
export async function homePage(
  deps: Pick<DashboardDeps, 'db' | 'now' | 'isSetUp'>,
  repositories: readonly Row<'repository'>[],
  { page, reader }: { page: string | undefined; reader: Reader },
): Promise<HomePage> {
  const { db, now } = deps
  const today = dayAt(now(), 'UTC')
  const ids = repositories.map((one) => one.repository_id)
  // One day to spare on both ends: a repository's own today may be ahead of UTC or behind.
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
  const shownIds = part.shown.map((one) => one.repository.repository_id)
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

/** One rate for each of the last weeks, null where there is none: the pictures of all repositories then share an axis. */
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
    hasDelivery: freshness.some((one) => one.last_delivery_at !== null),
  }
}

/** Out of SLA before in SLA before no data; the surest breach first. */
function weight({ week }: Pick<Line, 'week'>): number {
  if (!week) return -1
  return (week.breached ? 1 : 0) + (week.breach_probability ?? 0)
}

function body(lines: readonly Line[], all: readonly Pick<Line, 'week'>[], today: string): Html {
  return html`<h1>Are we in SLA?</h1>${summary(all, today)}
${table(
  `Repositories, those surest to be out of SLA first. Rate: flakes that the pull request did not cause, over pull requests tested.`,
  [
    'Repository',
    'Latest week',
    'Rate',
    'Range',
    'Chance it is above the target',
    'Flakes',
    'Latest day',
    `${WEEKS} weeks`,
  ],
  lines.map((line) => cells(line, today)),
)}`
}

function summary(lines: readonly Pick<Line, 'week'>[], today: string): Html {
  const current = lines.flatMap(({ week }) => (week && addDays(week.start, 7) > today ? [week] : []))
  const out = current.filter((row) => row.breached).length
  if (current.length === 0)
    return html`<p class="lead">No pull request was tested this week in ${count(lines.length, 'repository', 'repositories')}. The latest week with data of each is below.</p>`
  const sum = (of: (row: Row<'sla_window'>) => number) => current.reduce((total, row) => total + of(row), 0)
  const flakes = sum((row) => row.flakes_counted)
  const prs = sum((row) => row.prs)
  return html`<p class="lead">This week ${out} of ${count(current.length, 'repository', 'repositories')} with data ${out === 1 || current.length === 1 ? 'is' : 'are'} out of SLA: ${count(flakes, 'flake')} over ${count(prs, 'pull request')} tested, ${percent(prs === 0 ? null : flakes / prs)} all together.</p>`
}

function cells({ repository, day, week, rates }: Line, today: string): unknown[] {
  const link = html`<a href="${repositoryPath(repository.full_name)}">${name(repository.full_name)}</a>${repository.private ? html` <span class="badge">private</span>` : ''}`
  if (!week) return [link, stateMark('none'), '–', '–', '–', '–', '–', '']
  const sla = slaOfRow(week)
  return [
    link,
    html`${stateMark(stateOf(sla))} <br><small>${windowName('week', week.start, today)}${week.closed ? '' : ', not over yet'}</small>`,
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
