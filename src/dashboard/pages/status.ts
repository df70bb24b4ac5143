/** Can the figures be trusted right now? How fresh they are, what came in, what is still to be done. */

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
  backfills: 'History being read',
  deliveries: 'Deliveries',
  outbox: 'To be done',
  timers: 'Timers',
}
const GAP_DAYS = 30
const MAX_GAPS = 50

type Ago = (at: string | null | undefined) => Html | string

/** The body of `/status` and whether it moves, about the repositories that the reader may see. */
export async function statusPage(
  { db, now, status }: Pick<DashboardDeps, 'db' | 'now' | 'status'>,
  repositories: readonly Row<'repository'>[],
  page?: string,
): Promise<{ body: Html; isMoving: boolean }> {
  const ids = repositories.map((one) => one.repository_id)
  const part = pageOf(repositories, page, SHOWN)
  const shownIds = part.shown.map((one) => one.repository_id)
  const from = addDays(dayAt(now(), 'UTC'), -COVERED_DAYS)
  const [fresh, coverage, deliveries, outbox, ticks, backfills, gaps, missed, rest, told] = await Promise.all(
    [
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
    ],
  )
  const since = (at: string) => durationWords(Math.max(0, now() - Date.parse(at)))
  const ago: Ago = (at) => (at ? html`${since(at)} ago <br><small>${instant(at)}</small>` : '–')
  const body = html`<h1>Status</h1>
<p class="lead">${summary(fresh, outbox, since)}</p>
<h2>Freshness and coverage</h2>
${freshnessTable(part.shown, fresh, coverage, ago)}${pageLinks(part, '/status')}${csvLink('/api/v1/status.csv', 'Freshness and coverage')} ${Object.entries(CSV_WORDS).map(([file, words]) => html`${csvLink(`/api/v1/status/${file}.csv`, words)} `)}
${backfills.length > 0 ? html`<h2 id="backfill">History being read</h2>${backfillTable(backfills)}` : ''}
<h2>Gaps</h2>
${gapList(gaps, missed, rest)}
<h2>Deliveries of the last 24 hours</h2>
${
  deliveries.length === 0
    ? html`<p>None came in.</p>`
    : table(
        'By event and outcome',
        ['Event', 'Outcome', 'Deliveries'],
        deliveries.map((one) => [name(one.event), one.outcome, one.deliveries]),
      )
}
<h2>To be done on GitHub</h2>
${
  outbox.length === 0
    ? html`<p>Nothing waits.</p>`
    : table(
        'By kind',
        ['Kind', 'Waiting', 'Oldest due', 'Most attempts'],
        outbox.map((one) => [one.kind, one.waiting, ago(one.oldest_due_at), one.most_attempts]),
      )
}
<h2>GitHub’s rate limit</h2>
${rateLimit(told)}
${list('Turned off', told?.off)}
${
  ticks.length === 0
    ? ''
    : html`<h2>Timers</h2>${table(
        'When each last ran',
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
    .flatMap((one) => one.last_delivery_at ?? [])
    .sort()
    .at(-1)
  const waiting = fresh.reduce((sum, one) => sum + one.waiting, 0)
  const undone = outbox.reduce((sum, one) => sum + one.waiting, 0)
  if (!newest) return html`No webhook delivery came in yet.`
  return html`${waiting === 0 ? 'Every commit is classified' : html`${count(waiting, 'commit')} ${waiting === 1 ? 'waits' : 'wait'} to be classified`}, ${undone === 0 ? 'nothing waits to be written to GitHub' : html`${count(undone, 'thing')} ${undone === 1 ? 'waits' : 'wait'} to be written to GitHub`}. The newest delivery came in ${since(newest)} ago.`
}

function freshnessTable(
  repositories: readonly Row<'repository'>[],
  fresh: readonly Freshness[],
  coverage: readonly Coverage[],
  ago: Ago,
): Html {
  if (repositories.length === 0) return html`<p>There is no repository for you to see yet.</p>`
  const freshOf = new Map(fresh.map((one) => [one.repository_id, one]))
  const coverageOf = new Map(coverage.map((one) => [one.repository_id, one]))
  return table(
    `By repository. Coverage: on how many of the last ${COVERED_DAYS} days a pull request was tested, and the longest stretch without.`,
    [
      'Repository',
      'Newest delivery',
      'Newest result',
      'Figures last changed',
      'Waiting commits',
      'Days with data',
      'Longest gap',
    ],
    repositories.map((one) => {
      const { last_delivery_at, last_completed_at, last_measured_at, waiting } =
        freshOf.get(one.repository_id) ?? {}
      const covered = coverageOf.get(one.repository_id)
      return [
        html`<a href="${repositoryPath(one.full_name)}">${name(one.full_name)}</a>`,
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

/** Times from which something is missing, each a sentence that says whether it was made good. */
function gapList(gaps: readonly GapState[], missed: number, rest: DeliveryCursor | null): Html {
  const late =
    missed === 0
      ? ''
      : html`<p>${count(missed, 'delivery', 'deliveries')} could not be handed over by GitHub; ${missed === 1 ? 'it is' : 'they are'} asked for again.</p>`
  const unseen =
    rest === null
      ? ''
      : html`<p>So many deliveries failed that GitHub’s record of them is still being gone through, back to ${instant(rest.since)}: until then <strong>results may be missing</strong>.</p>`
  if (gaps.length === 0)
    return html`${late}${unseen}<p>No gap is known${missed === 0 && rest === null ? '' : ' but that'}, and none was filled in the last ${GAP_DAYS} days.</p>`
  return html`${late}${unseen}<ul>${gaps.map((gap) => html`<li>${gapWords(gap)}</li>`)}</ul>`
}

function gapWords({ full_name, from_at, to_at, reason, filled_at }: GapState): Html {
  const when =
    from_at === to_at ? html`at ${instant(from_at)}` : html`from ${instant(from_at)} to ${instant(to_at)}`
  const since =
    filled_at === null
      ? html`<strong>Results of then may be missing</strong> until its history is read again.`
      : html`Its history was read again by ${instant(filled_at)}: nothing of then is missing any more.`
  return html`${name(full_name)}: ${reason} ${when}. ${since}`
}

function rateLimit(told: ProgramStatus | undefined): Html {
  const limit = told?.rateLimit
  if (!limit) return html`<p>GitHub was asked nothing within the last hour, so what is left is not known.</p>`
  return html`<p>${limit.remaining.toLocaleString('en')} of ${limit.limit.toLocaleString('en')} requests left until ${instant(limit.resetAt)}.</p>`
}

function list(title: string, sentences: readonly string[] | undefined): Html | string {
  if (!sentences || sentences.length === 0) return ''
  return html`<h2>${title}</h2><ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
}
