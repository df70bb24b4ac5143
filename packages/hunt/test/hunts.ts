/** Hunts made up for tests: a run needs an outcome, and the rest is ordinary. */
import { type Hunt, type HuntRun, NO_REPORTS } from '../src/run.ts'

export const GOAL = { target: 0.999, confidence: 0.95 }

export function aRun(number: number, fields: Partial<HuntRun> = {}): HuntRun {
  const failed = fields.outcome === 'failed'
  return {
    number,
    outcome: 'passed',
    exit_code: failed ? 1 : 0,
    timed_out: false,
    started_at: '2026-02-03T04:05:06.000Z',
    duration_ms: 1000,
    ended: number,
    worker: '1',
    node: null,
    seed: null,
    message: failed ? 'it broke' : null,
    output: null,
    killed_for: null,
    peak_memory_bytes: null,
    ...fields,
  }
}

export function aHunt(runs: HuntRun[], fields: Partial<Hunt> = {}): Hunt {
  return {
    goal: GOAL,
    ending: 'runs',
    ended_by: null,
    missed: false,
    parallel: 1,
    ordered: true,
    runs,
    tests: [],
    reports: NO_REPORTS,
    ...fields,
  }
}

/** Numbers from 0 to 1 that are the same every time. Source: mulberry32, T. Ettinger. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
