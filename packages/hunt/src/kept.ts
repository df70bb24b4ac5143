/** A hunt as it is kept in rows, and back: what ended it, what came out, and its runs. */
import { answerOf, type HuntAnswer } from './answer.ts'
import type { Hunt, HuntRun } from './run.ts'
import { headline } from './sentences.ts'

/** What is known when a hunt has ended. @param endedAt ISO 8601 */
export function endOf(hunt: Hunt, endedAt: string, answer: HuntAnswer = answerOf(hunt)) {
  const { ending, ended_by, missed } = hunt
  return { ended_at: endedAt, ending, ended_by, missed, headline: headline(answer), answer: { ...answer } }
}

type KeptRun = Omit<HuntRun, 'started_at' | 'outcome' | 'killed_for'> & {
  hunt_id: number
  outcome: HuntRun['outcome']
  started_at: string | null
  killed_for: string | null
}

/** A run as it was kept. */
export function runOf(row: KeptRun): HuntRun {
  const { hunt_id: _, started_at, killed_for, ...run } = row
  return { ...run, started_at: started_at ?? '', killed_for: killed_for === 'memory' ? 'memory' : null }
}
