/** Measures: computes the windows whose runs, flakes or attributions changed, and closes windows that have ended. */

import { readHorizon } from '../db/horizon.ts'
import { lockRepository } from '../db/locks.ts'
import type { Db, NewRow, Row } from '../db/schema.ts'
import { readScope } from '../db/scope.ts'
import {
  countsOf,
  readBounds,
  readEnded,
  readStored,
  readTotals,
  type WindowTotals,
  windowOfRow,
  writeWindows,
} from '../db/sla.ts'
import { takeStaleWindows } from '../db/stale.ts'
import { calendarOf, windowFinder } from '../domain/calendar.ts'
import type { RequiredSource } from '../domain/required.ts'
import type { Settings } from '../domain/settings.ts'
import { countFlakes, DEFINITION_VERSION, type SlaCounts, slaOf } from '../domain/sla.ts'
import { iso, WEEK_MS } from '../domain/time.ts'
import type { Window, WindowKind } from '../domain/window.ts'
import type { ReadSettings } from './classify.ts'
import { frozenCounts } from './frozen.ts'

const KINDS: readonly WindowKind[] = ['day', 'week']
/** Windows further away than this do not touch that of a change. */
const REACH_MS = 3 * WEEK_MS

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
    const stale = await staleWindowsOf(trx, repositoryId, changes, settings)
    const windows = stale.map(({ window }) => window)
    const stored = await readStored(trx, repositoryId, windows)
    await measureWindows(trx, { repositoryId, settings, stale, stored, now })
    return changes.reduce((sum, change) => sum + change.marks, 0)
  })
}

/**
 * The day and the week of each change, each window once with all the reasons. A stored window keeps its bounds, whatever the time
 * zone is by now.
 */
async function staleWindowsOf(
  db: Db,
  repositoryId: number,
  changes: readonly { changed_at: string; why: readonly string[] }[],
  settings: Settings,
): Promise<Stale[]> {
  const dated = changes
    .map(({ changed_at, why }) => ({ at: Date.parse(changed_at), why }))
    .sort((a, b) => a.at - b.at)
  const bounds = await readBounds(db, repositoryId, {
    from: (dated[0]?.at ?? 0) - REACH_MS,
    to: (dated.at(-1)?.at ?? 0) + REACH_MS,
  })
  const calendar = calendarOf(settings)
  const stale = new Map<string, { window: Window; why: Set<string> }>()
  for (const kind of KINDS) {
    const windowAt = windowFinder(
      calendar,
      kind,
      bounds.filter((window) => window.kind === kind),
    )
    for (const { at, why } of dated) {
      const window = windowAt(at)
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
  const horizon = await readHorizon(db, repositoryId)
  const windows = stale.map(({ window }) => window)
  const totals = await readTotals(db, scope, windows)
  const measure = (
    { to }: Window,
    { prs, flakes, leftOut }: WindowTotals,
    before?: Row<'sla_window'>,
  ): Measured => ({
    // A closed window keeps the target it was measured against. Changed settings apply to later windows.
    counts: countFlakes(prs, flakes, before?.closed ? before.target : settings.target),
    left_out: leftOut,
    definition_version: DEFINITION_VERSION,
    required_source: required.sourceAt(Math.min(to - 1, now)),
  })
  const newest = new Map(stored.map((row) => [`${row.kind}/${row.start}`, row]))
  const rows = stale.flatMap((item, i) => {
    const before = newest.get(`${item.window.kind}/${item.window.start}`)
    const isFrozen = horizon !== null && item.window.from < horizon
    // Nothing can be said about a window that was not measured before its facts were deleted.
    if (isFrozen && !before) return []
    const total = totals[i] as WindowTotals
    const measured = isFrozen && before ? frozen(before, total) : measure(item.window, total, before)
    const row = figures(repositoryId, item, measured, before, now)
    return before && isSame(before, row) ? [] : [row]
  })
  await writeWindows(db, rows)
  return rows
}

/** What was measured of a window. */
interface Measured {
  counts: SlaCounts
  left_out: Record<string, number>
  definition_version: number
  required_source: RequiredSource
}

/** A window whose runs were deleted keeps what was measured then, apart from attribution. */
function frozen(before: Row<'sla_window'>, { flakes }: WindowTotals): Measured {
  const { left_out, definition_version, required_source } = before
  return { counts: frozenCounts(countsOf(before), flakes), left_out, definition_version, required_source }
}

function figures(
  repositoryId: number,
  { window, why }: Stale,
  { counts, left_out, definition_version, required_source }: Measured,
  before: Row<'sla_window'> | undefined,
  now: number,
): NewRow<'sla_window'> & { left_out: Record<string, number> } {
  const { breached, breach_probability } = slaOf(counts)
  const isRevision = before?.closed === true && before.definition_version === definition_version
  return {
    ...counts,
    repository_id: repositoryId,
    kind: window.kind,
    start: window.start,
    definition_version,
    revision: before ? before.revision + (isRevision ? 1 : 0) : 0,
    starts_at: iso(window.from),
    ends_at: iso(window.to),
    closed: window.to <= now,
    left_out: left_out as unknown as string & Record<string, number>,
    breached,
    breach_probability,
    required_source,
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
    const stale = stored.map((row) => ({ window: windowOfRow(row), why: new Set(['closed']) }))
    return measureWindows(trx, { repositoryId, settings, stale, stored, now })
  })
}
