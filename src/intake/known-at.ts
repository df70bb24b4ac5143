/** What was known at an earlier time: replaying a history up to a day must not use what came after it. */
import type { Facts } from '../domain/facts.ts'
import type { Prepared } from './prepare.ts'

/** Columns that say when a fact came about. A fact is known once all of them have passed. */
const TIMES = ['reported_at', 'completed_at', 'started_at'] as const

/**
 * The delivery without the facts that came about later; ignored when none is left.
 * @param at epoch ms
 */
export function knownAt(prepared: Prepared, at: number): Prepared {
  if (prepared.outcome !== 'recorded') return prepared
  const { repository, ...events } = prepared.recording.facts
  const kept = Object.entries(events).flatMap(([table, rows]) => {
    const known = rows.filter((row: object) => isKnown(row, at))
    return known.length === 0 ? [] : [[table, known] as const]
  })
  if (kept.length === 0) return { outcome: 'ignored' }
  // What a delivery says about its repository is needed to understand the rest of it.
  const facts: Facts = { ...Object.fromEntries(kept), ...(repository && { repository }) }
  return { outcome: 'recorded', recording: { ...prepared.recording, facts } }
}

function isKnown(fact: object, at: number): boolean {
  const times = fact as Partial<Record<(typeof TIMES)[number], string | null>>
  return !TIMES.some((column) => Date.parse(times[column] ?? '') > at)
}
