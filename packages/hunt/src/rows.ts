/** Converts a hunt to database rows and back. */
import { answerOf, type HuntAnswer } from './answer.ts'
import type { Hunt, HuntRun } from './run.ts'
import { headline } from './sentences.ts'

/** The columns that are set when a hunt ends. @param endedAt ISO 8601, UTC */
export function endOf(hunt: Hunt, endedAt: string, answer: HuntAnswer = answerOf(hunt)) {
  const { ending, ended_by, missed } = hunt
  return { ended_at: endedAt, ending, ended_by, missed, headline: headline(answer), answer: { ...answer } }
}

type StoredRun = Omit<HuntRun, 'started_at' | 'outcome' | 'killed_for'> & {
  hunt_id: number
  outcome: HuntRun['outcome']
  started_at: string | null
  killed_for: string | null
}

/** A run from its row. */
export function runOf(row: StoredRun): HuntRun {
  const { hunt_id: _, started_at, killed_for, ...run } = row
  return { ...run, started_at: started_at ?? '', killed_for: killed_for === 'memory' ? 'memory' : null }
}
