/** Measures: computes the windows whose runs, flakes or verdicts changed, and closes those that ended. */

import { lockRepository } from '../db/locks.ts'
import type { Db, NewRow, Row } from '../db/schema.ts'
import { readScope } from '../db/scope.ts'
import { countsOf, readEnded, readStored, readTotals, type WindowTotals, writeWindows } from '../db/sla.ts'
import { takeStaleWindows } from '../db/stale.ts'
import type { Required } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { countFlakes, DEFINITION_VERSION, slaOf } from '../domain/sla.ts'
import { type Window, type WindowKind, windowAt } from '../domain/window.ts'

const KINDS: readonly WindowKind[] = ['day', 'week']

/** Measures every window of a repository that has changed. @returns how many marks were worked off */
export async function measureNext(
  db: Db,
  repositoryId: number,
  settings: Settings,
  now: number,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const changes = await takeStaleWindows(trx, repositoryId)
    if (changes.length === 0) return 0
    const stale = new Map<string, { window: Window; why: Set<string> }>()
    for (const { changed_at, why } of changes) {
      for (const kind of KINDS) {
        const window = windowAt(kind, Date.parse(changed_at), settings.timeZone)
        const key = `${kind}/${window.start}`
        const known = stale.get(key)
        if (known) for (const one of why) known.why.add(one)
        else stale.set(key, { window, why: new Set(why) })
      }
    }
    const windows = [...stale.values()].map((one) => one.window)
    const stored = await readStored(trx, repositoryId, windows)
    await measureWindows(trx, { repositoryId, settings, stale: [...stale.values()], stored, now })
    return changes.reduce((sum, change) => sum + change.marks, 0)
  })
}

/** A window to measure, and what made it stale. */
interface Stale {
  window: Window
  why: ReadonlySet<string>
}

interface Measuring {
  repositoryId: number
  settings: Settings
  stale: readonly Stale[]
  /** The newest revisions of the stale windows, as far as they were measured before. */
  stored: readonly Row<'sla_window'>[]
  now: number
}

type Figures = ReturnType<typeof figures>

/**
 * Computes windows and stores those that differ: in place while open, as a new revision once closed.
 * @returns those stored, in the order given
 */
async function measureWindows(
  db: Db,
  { repositoryId, settings, stale, stored, now }: Measuring,
): Promise<Figures[]> {
  const { scope, required } = await readScope(db, repositoryId, settings)
  const windows = stale.map((one) => one.window)
  const totals = await readTotals(db, scope, windows)
  const newest = new Map(stored.map((row) => [`${row.kind}/${row.start}`, row]))
  const rows = stale.flatMap((one, i) => {
    const before = newest.get(`${one.window.kind}/${one.window.start}`)
    const row = figures(repositoryId, settings, required, one, totals[i] as WindowTotals, before, now)
    return before && isSame(before, row) ? [] : [row]
  })
  await writeWindows(db, rows)
  return rows
}

function figures(
  repositoryId: number,
  settings: Settings,
  required: Required,
  { window, why }: Stale,
  totals: WindowTotals,
  before: Row<'sla_window'> | undefined,
  now: number,
): NewRow<'sla_window'> & { left_out: Record<string, number> } {
  // A day that has ended was held to the target of its time; settings change what comes after.
  const target = before?.closed ? before.target : settings.target
  const counts = countFlakes(totals.prs, totals.flakes, target)
  const sla = slaOf(counts)
  const isRevision = before?.closed === true && before.definition_version === DEFINITION_VERSION
  return {
    ...counts,
    repository_id: repositoryId,
    kind: window.kind,
    start: window.start,
    definition_version: DEFINITION_VERSION,
    revision: before ? before.revision + (isRevision ? 1 : 0) : 0,
    starts_at: new Date(window.from).toISOString(),
    ends_at: new Date(window.to).toISOString(),
    closed: window.to <= now,
    left_out: totals.leftOut as unknown as string & Record<string, number>,
    breached: sla.breached,
    breach_probability: sla.breach_probability,
    required_source: required.sourceAt(Math.min(window.to - 1, now)),
    why: isRevision ? [...why].sort().join(', ') : null,
    measured_at: new Date(now).toISOString(),
  }
}

function isSame(before: Row<'sla_window'>, row: Figures): boolean {
  const counts = Object.entries(countsOf(before)).every(
    ([key, value]) => row[key as keyof typeof row] === value,
  )
  return (
    counts &&
    before.closed === row.closed &&
    before.required_source === row.required_source &&
    before.definition_version === row.definition_version &&
    JSON.stringify(Object.entries(before.left_out).sort()) ===
      JSON.stringify(Object.entries(row.left_out).sort())
  )
}

/**
 * Closes every window of a repository that has ended: first measured once more, then marked. Driven by what is stored,
 * so a missed or repeated tick changes nothing. @returns the windows closed now, oldest first
 */
export async function closeWindows(
  db: Db,
  repositoryId: number,
  settings: Settings,
  now: number,
): Promise<Figures[]> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const stored = await readEnded(trx, repositoryId, now)
    if (stored.length === 0) return []
    const stale = stored.map(({ kind, start, starts_at, ends_at }) => ({
      window: { kind, start, from: Date.parse(starts_at), to: Date.parse(ends_at) },
      why: new Set(['closed']),
    }))
    return measureWindows(trx, { repositoryId, settings, stale, stored, now })
  })
}
