/** The status page: how fresh and complete the data is, recent deliveries, and pending work. */

import { type DeliveryCursor, readOldestCursor } from '../../db/delivery-checks.ts'
import type { Row } from '../../db/schema.ts'
import { DAY_MS } from '../../domain/time.ts'
import { count } from '../../texts/figures.ts'
import { addDays, dayAt, durationWords } from '../dates.ts'
import type { DashboardDeps, ProgramStatus } from '../deps.ts'
import { csvLink, type Html, html, instant, name, repositoryPath, table } from '../html.ts'
import { pageLinks, pageOf } from '../paging.ts'
import { countMissed, type GapState, readGapsOf, readOpenBackfills } from '../queries/backfill.ts'
import {
  type Coverage,
  countDeliveries,
  type Freshness,
  readCoverage,
  readFreshness,
  readOutboxDepth,
  readTicks,
} from '../queries/status.ts'
import { backfillTable } from './backfill.ts'

const COVERED_DAYS = 90
const SHOWN = 50
const CSV_WORDS: Record<string, string> = {
  gaps: 'Gaps',
  backfills: 'Backfills',
  deliveries: 'Deliveries',
  outbox: 'Pending GitHub actions',
  timers: 'Timers',
}
const GAP_DAYS = 30
const MAX_GAPS = 50

type Ago = (at: string | null | undefined) => Html | string

/** The body of `/status` about the repositories that the reader may see, and whether it refreshes itself. */
export async function statusPage(
  { db, now, status }: Pick<DashboardDeps, 'db' | 'now' | 'status'>,
  repositories: readonly Row<'repository'>[],
  page?: string,
): Promise<{ body: Html; isMoving: boolean }> {
  const ids = repositories.map((repository) => repository.repository_id)
  const part = pageOf(repositories, page, SHOWN)
  const shownIds = part.shown.map((repository) => repository.repository_id)
  const from = addDays(dayAt(now(), 'UTC'), -COVERED_DAYS)
  const [fresh, coverage, deliveries, outbox, ticks, backfills, gaps, missed, oldestCursor, program] =
    await Promise.all([
      readFreshness(db, ids),
      readCoverage(db, shownIds, from),
      countDeliveries(db, ids, now() - DAY_MS),
      readOutboxDepth(db, ids),
      readTicks(db),
      readOpenBackfills(db, ids),
      readGapsOf(db, ids, { filledSince: now() - GAP_DAYS * DAY_MS, limit: MAX_GAPS }),
      countMissed(db, ids),
      readOldestCursor(db),
      status?.(),
    ])
  const since = (at: string) => durationWords(Math.max(0, now() - Date.parse(at)))
  const ago: Ago = (at) => (at ? html`${since(at)} ago <br><small>${instant(at)}</small>` : '–')
  const body = html`<h1>Status</h1>
<p class="lead">${summary(fresh, outbox, since)}</p>
<h2>Freshness and coverage</h2>
${freshnessTable(part.shown, fresh, coverage, ago)}${pageLinks(part, '/status')}${csvLink('/api/v1/status.csv', 'Freshness and coverage')} ${Object.entries(CSV_WORDS).map(([file, words]) => html`${csvLink(`/api/v1/status/${file}.csv`, words)} `)}
${backfills.length > 0 ? html`<h2 id="backfill">Backfills</h2>${backfillTable(backfills)}` : ''}
<h2>Gaps</h2>
${gapList(gaps, missed, oldestCursor)}
<h2>Deliveries in the last 24 hours</h2>
${
  deliveries.length === 0
    ? html`<p>None.</p>`
    : table(
        'By event and outcome',
        ['Event', 'Outcome', 'Deliveries'],
        deliveries.map((row) => [name(row.event), row.outcome, row.deliveries]),
      )
}
<h2>Pending GitHub actions</h2>
${
  outbox.length === 0
    ? html`<p>None.</p>`
    : table(
        'By kind',
        ['Kind', 'Pending', 'Oldest due', 'Max. attempts'],
        outbox.map((row) => [row.kind, row.waiting, ago(row.oldest_due_at), row.max_attempts]),
      )
}
<h2>GitHub rate limit</h2>
${rateLimit(program)}
${list('Turned off', program?.off)}
${
  ticks.length === 0
    ? ''
    : html`<h2>Timers</h2>${table(
        'Last run of each timer',
        ['Timer', 'Last run'],
        ticks.map((tick) => [tick.name, ago(tick.slot)]),
      )}`
}`
  return { body, isMoving: backfills.length > 0 }
}

function summary(
  fresh: readonly Freshness[],
  outbox: readonly { waiting: number }[],
  since: (at: string) => string,
): Html {
  const newest = fresh
    .flatMap((row) => row.last_delivery_at ?? [])
    .sort()
    .at(-1)
  const waiting = fresh.reduce((sum, row) => sum + row.waiting, 0)
  const undone = outbox.reduce((sum, row) => sum + row.waiting, 0)
  if (!newest) return html`No webhook delivery received yet.`
  return html`${waiting === 0 ? 'All commits are classified' : `${count(waiting, 'commit')} waiting to be classified`}; ${undone === 0 ? 'no GitHub actions are pending' : `${count(undone, 'GitHub action')} pending`}. Latest delivery: ${since(newest)} ago.`
}

function freshnessTable(
  repositories: readonly Row<'repository'>[],
  fresh: readonly Freshness[],
  coverage: readonly Coverage[],
  ago: Ago,
): Html {
  if (repositories.length === 0) return html`<p>No repositories yet, or none that you have access to.</p>`
  const freshOf = new Map(fresh.map((row) => [row.repository_id, row]))
  const coverageOf = new Map(coverage.map((row) => [row.repository_id, row]))
  return table(
    `By repository. Days with data: days among the last ${COVERED_DAYS} on which a pull request was tested. Longest gap: the most days in a row without data.`,
    [
      'Repository',
      'Latest delivery',
      'Latest result',
      'Figures changed',
      'Commits waiting',
      'Days with data',
      'Longest gap',
    ],
    repositories.map((repository) => {
      const { last_delivery_at, last_completed_at, last_measured_at, waiting } =
        freshOf.get(repository.repository_id) ?? {}
      const covered = coverageOf.get(repository.repository_id)
      return [
        html`<a href="${repositoryPath(repository.full_name)}">${name(repository.full_name)}</a>`,
        ago(last_delivery_at),
        ago(last_completed_at),
        ago(last_measured_at),
        waiting ?? 0,
        covered ? html`${covered.days_with_data} <br><small>since ${covered.first_day}</small>` : html`0`,
        covered && covered.longest_gap_days > 0
          ? html`${count(covered.longest_gap_days, 'day')} <br><small>after ${covered.longest_gap_after}</small>`
          : '–',
      ]
    }),
  )
}

/** Time spans with missing results; each entry says whether the gap was filled. */
function gapList(gaps: readonly GapState[], missed: number, oldest: DeliveryCursor | null): Html {
  const late =
    missed === 0
      ? ''
      : html`<p>${count(missed, 'delivery', 'deliveries')} not received from GitHub; redelivery requested.</p>`
  const unseen =
    oldest === null
      ? ''
      : html`<p>Many deliveries failed. GitHub’s delivery log is being read back to ${instant(oldest.since)}; until that is done, <strong>results may be missing</strong>.</p>`
  if (gaps.length === 0)
    return html`${late}${unseen}<p>No ${missed === 0 && oldest === null ? '' : 'other '}open gaps, and none filled in the last ${GAP_DAYS} days.</p>`
  return html`${late}${unseen}<ul>${gaps.map((gap) => html`<li>${gapWords(gap)}</li>`)}</ul>`
}

function gapWords({ full_name, from_at, to_at, reason, filled_at }: GapState): Html {
  const when =
    from_at === to_at ? html`at ${instant(from_at)}` : html`from ${instant(from_at)} to ${instant(to_at)}`
  const since =
    filled_at === null
      ? html`<strong>Results may be missing</strong> until this time is backfilled.`
      : html`Backfilled on ${instant(filled_at)}; nothing is missing now.`
  return html`${name(full_name)}: ${reason} ${when}. ${since}`
}

function rateLimit(program: ProgramStatus | undefined): Html {
  const limit = program?.rateLimit
  if (!limit) return html`<p>Unknown: no requests to GitHub in the last hour.</p>`
  return html`<p>${limit.remaining.toLocaleString('en')} of ${limit.limit.toLocaleString('en')} requests left; resets at ${instant(limit.resetAt)}.</p>`
}

function list(title: string, sentences: readonly string[] | undefined): Html | string {
  if (!sentences || sentences.length === 0) return ''
  return html`<h2>${title}</h2><ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
}
