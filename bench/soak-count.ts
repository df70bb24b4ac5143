/** What GitHub was told in the end, beside what it should have been told: an answer a question, an issue a breached day, a run a tick. */
import pg from 'pg'
import type { Standin } from '../src/standin/standin.ts'
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

/** Counts in the stand-in. @param starts when processes were started, epoch ms: each runs its timers once then */
export async function countEffects(
  address: string,
  standin: Standin,
  chapters: readonly Chapter[],
  starts: readonly number[],
): Promise<Counts> {
  const breached = await readBreached(address)
  const counts = { questions: 0, unanswered: 0, answersTooMany: 0, unfiled: 0, issuesTooMany: 0 }
  for (const { repository, questions } of chapters) {
    const known = standin.state.repositories.get(repository.full_name)
    const comments = [...(known?.comments.values() ?? [])].filter((one) => one.byApp)
    for (const { number } of questions) {
      const answers = comments.filter((one) => one.issue === number).length
      counts.questions++
      if (answers === 0) counts.unanswered++
      else counts.answersTooMany += answers - 1
    }
    const issues = [...(known?.issues.values() ?? [])].filter((one) => one.byApp).length
    const wanted = breached.has(repository.id) ? 1 : 0
    counts.unfiled += Math.max(0, wanted - issues)
    counts.issuesTooMany += Math.max(0, issues - wanted)
  }
  return { ...counts, breaches: breached.size, ...countTicks(standin, starts) }
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

const EVERY_MS = 5 * 60_000
const SPAN_MS = 10_000

/** Looking through GitHub's deliveries is a timer's work that GitHub sees: once at every fifth minute, and once at every start. */
function countTicks({ requests }: Standin, starts: readonly number[]): { ticks: number; ticksTwice: number } {
  const looks = requests.filter((one) => one.route === '/app/hook/deliveries').map((one) => one.at)
  const tickOf = (at: number) => Math.floor((at + SPAN_MS) / EVERY_MS)
  const isNear = (at: number) => (at + SPAN_MS) % EVERY_MS < 2 * SPAN_MS
  const ticks = new Set(looks.filter(isNear).map(tickOf))
  let ticksTwice = 0
  for (const tick of ticks) {
    const ran = looks.filter((at) => isNear(at) && tickOf(at) === tick).length
    const started = starts.filter((at) => isNear(at) && tickOf(at) === tick).length
    ticksTwice += Math.max(0, ran - 1 - started)
  }
  return { ticks: ticks.size, ticksTwice }
}
