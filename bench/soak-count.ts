/** What GitHub was told in the end, beside what it should have been told: an answer a question, an issue a breached day, a run a tick. */
import pg from 'pg'
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { Chapter } from './soak-load.ts'

export interface Counts {
  questions: number
  /** Questions without an answer, and answers too many. */
  unanswered: number
  answersTooMany: number
  /** Days that are out of SLA; those without an issue, and issues too many. */
  breaches: number
  unfiled: number
  issuesTooMany: number
  /** Times that timers ran at the same moment in every process; runs too many. */
  ticks: number
  ticksTwice: number
}

/** Counts in the fake GitHub. @param starts of processes: each runs its timers once then */
export async function countWritten(
  address: string,
  fakeGitHub: FakeGitHub,
  chapters: readonly Chapter[],
  starts: readonly Start[],
): Promise<Counts> {
  const breached = await readBreached(address)
  const counts = { questions: 0, unanswered: 0, answersTooMany: 0, unfiled: 0, issuesTooMany: 0 }
  for (const { repository, questions } of chapters) {
    const stored = fakeGitHub.state.repositories.get(repository.full_name)
    const comments = [...(stored?.comments.values() ?? [])].filter((comment) => comment.byApp)
    for (const { number } of questions) {
      const answers = comments.filter((comment) => comment.issue === number).length
      counts.questions++
      if (answers === 0) counts.unanswered++
      else counts.answersTooMany += answers - 1
    }
    const issues = [...(stored?.issues.values() ?? [])].filter((issue) => issue.byApp).length
    const wanted = breached.has(repository.id) ? 1 : 0
    counts.unfiled += Math.max(0, wanted - issues)
    counts.issuesTooMany += Math.max(0, issues - wanted)
  }
  return { ...counts, breaches: breached.size, ...countTicks(fakeGitHub, starts) }
}

/** Repositories with a day out of SLA. Each has one at the most: all its deliveries are of the same day. */
async function readBreached(address: string): Promise<Set<number>> {
  const client = new pg.Client(address)
  await client.connect()
  const { rows } = await client.query<{ repository_id: string }>(
    `select repository_id from (select distinct on (repository_id, start) repository_id, breached from sla_window
      where kind = 'day' order by repository_id, start, revision desc) newest where breached`,
  )
  await client.end()
  return new Set(rows.map((row) => Number(row.repository_id)))
}

/** From when to when a process was started, epoch ms. */
export interface Start {
  from: number
  to: number
}

const EVERY_MS = 5 * 60_000
const SPAN_MS = 10_000
/** A process that listens has begun the first run of its timers; its first question comes soon after. */
const SOON_MS = 5000

/** Looking through GitHub's deliveries is a timer's work that GitHub sees: once at every fifth minute, and once at every start. */
function countTicks(
  { requests }: FakeGitHub,
  starts: readonly Start[],
): { ticks: number; ticksTwice: number } {
  const listings = requests
    .filter((request) => request.route === '/app/hook/deliveries')
    .map((request) => request.at)
  for (const { from, to } of starts) {
    const own = listings.findIndex((at) => at >= from && at <= to + SOON_MS)
    if (own >= 0) listings.splice(own, 1)
  }
  const ran = new Map<number, number>()
  for (const at of listings) {
    if ((at + SPAN_MS) % EVERY_MS >= 2 * SPAN_MS) continue
    const tick = Math.floor((at + SPAN_MS) / EVERY_MS)
    ran.set(tick, (ran.get(tick) ?? 0) + 1)
  }
  return { ticks: ran.size, ticksTwice: [...ran.values()].reduce((sum, times) => sum + times - 1, 0) }
}
