/** Counts what the app wrote to GitHub against what it should have written: an answer for each command, an issue for each breached day. */
import pg from 'pg'
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import type { Chapter } from './soak-load.ts'

export interface Counts {
  commands: number
  /** Commands without an answer, and surplus answers. */
  unanswered: number
  answersTooMany: number
  /** Days out of SLA; those without an issue, and surplus issues. */
  breaches: number
  unfiled: number
  issuesTooMany: number
  /** Times at which the timer was due; surplus runs. */
  ticks: number
  ticksTwice: number
}

/** Counts in the fake GitHub. @param starts when processes were started: each runs its timers once at that time */
export async function countWritten(
  address: string,
  fakeGitHub: FakeGitHub,
  chapters: readonly Chapter[],
  starts: readonly Start[],
): Promise<Counts> {
  const breached = await readBreached(address)
  const counts = { commands: 0, unanswered: 0, answersTooMany: 0, unfiled: 0, issuesTooMany: 0 }
  for (const { repository, commands } of chapters) {
    const stored = fakeGitHub.state.repositories.get(repository.full_name)
    const comments = [...(stored?.comments.values() ?? [])].filter((comment) => comment.byApp)
    for (const { number } of commands) {
      const answers = comments.filter((comment) => comment.issue === number).length
      counts.commands++
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

/** Ids of the repositories with a day out of SLA. Each has at most one, since all its deliveries belong to one day. */
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

/** The time that the start of a process took, epoch ms. */
export interface Start {
  from: number
  to: number
}

const EVERY_MS = 5 * 60_000
const SPAN_MS = 10_000
/** A process that listens has started its timers; their first request follows within this time. */
const SOON_MS = 5000

/** Counts runs of the redelivery timer, which lists GitHub's deliveries: every five minutes, and once after each start. */
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
