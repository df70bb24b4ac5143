/** Measures: computes the windows whose runs, flakes or attributions changed, and closes windows that have ended. */

import { lockRepository } from '../db/locks.ts'
import type { Db, NewRow, Row } from '../db/schema.ts'
import { readScope } from '../db/scope.ts'
import { countsOf, readEnded, readStored, readTotals, type WindowTotals, writeWindows } from '../db/sla.ts'
import { takeStaleWindows } from '../db/stale.ts'
import type { Required } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { countFlakes, DEFINITION_VERSION, slaOf } from '../domain/sla.ts'
import { iso } from '../domain/time.ts'
import { type Window, type WindowKind, windowAt } from '../domain/window.ts'
import type { ReadSettings } from './classify.ts'

const KINDS: readonly WindowKind[] = ['day', 'week']

/** Measures every stale window of a repository. `now` is epoch ms. @returns how many marks were done */
export async function measureNext(
  db: Db,
  repositoryId: number,
  settingsOf: ReadSettings,
  now: number,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockRepository(trx, repositoryId)
    const changes = await takeStaleWindows(trx, repositoryId)
    if (changes.length === 0) return 0
    // Read after the marks are taken: new settings and the marks for them are committed together.
    const settings = await settingsOf(repositoryId, trx)
    const stale = staleWindowsOf(changes, settings.timeZone)
    const windows = stale.map(({ window }) => window)
    const stored = await readStored(trx, repositoryId, windows)
    await measureWindows(trx, { repositoryId, settings, stale, stored, now })
    return changes.reduce((sum, change) => sum + change.marks, 0)
  })
}

/** The day and the week of each change, each window once with all the reasons. */
function staleWindowsOf(
  changes: readonly { changed_at: string; why: readonly string[] }[],
  timeZone: string,
): Stale[] {
  const stale = new Map<string, { window: Window; why: Set<string> }>()
  for (const { changed_at, why } of changes) {
    for (const kind of KINDS) {
      const window = windowAt(kind, Date.parse(changed_at), timeZone)
      const key = `${kind}/${window.start}`
      const entry = stale.get(key) ?? { window, why: new Set() }
      stale.set(key, entry)
      for (const reason of why) entry.why.add(reason)
    }
  }
  return [...stale.values()]
}

/** A window to measure, and the reasons why it is stale. */
interface Stale {
  window: Window
  why: ReadonlySet<string>
}

interface Measuring {
  repositoryId: number
  settings: Settings
  stale: readonly Stale[]
  /** The newest revision of each stale window that was measured before. */
  stored: readonly Row<'sla_window'>[]
  now: number
}

type Figures = ReturnType<typeof figures>

/**
 * Computes windows and stores those that differ from the stored ones. An open window is replaced; a closed one gets a new revision.
 * @returns the windows that were stored, in the order of `stale`
 */
async function measureWindows(
  db: Db,
  { repositoryId, settings, stale, stored, now }: Measuring,
): Promise<Figures[]> {
  const { scope, required } = await readScope(db, repositoryId, settings)
  const windows = stale.map(({ window }) => window)
  const totals = await readTotals(db, scope, windows)
  const newest = new Map(stored.map((row) => [`${row.kind}/${row.start}`, row]))
  const rows = stale.flatMap((item, i) => {
    const before = newest.get(`${item.window.kind}/${item.window.start}`)
    const row = figures(repositoryId, settings, required, item, totals[i] as WindowTotals, before, now)
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
  // A closed window keeps the target it was measured against. Changed settings apply to later windows.
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
    starts_at: iso(window.from),
    ends_at: iso(window.to),
    closed: window.to <= now,
    left_out: totals.leftOut as unknown as string & Record<string, number>,
    breached: sla.breached,
    breach_probability: sla.breach_probability,
    required_source: required.sourceAt(Math.min(window.to - 1, now)),
    why: isRevision ? [...why].sort().join(', ') : null,
    measured_at: iso(now),
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
 * Measures every window of a repository that ended before `now` (epoch ms) and is still open, and stores it as closed. It depends on
 * the stored windows alone, so a missed or repeated tick changes nothing. @returns the windows that were closed, oldest first
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
