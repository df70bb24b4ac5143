/**
 * The days and weeks of a repository whose time zone may have changed. A window that has begun keeps its bounds. The new zone begins
 * where the window ends in which it was set: with one window that is shorter or longer than usual. So windows of one kind always
 * tile time: no instant is in two of them or in none.
 */
import { rulesOver, type Settings } from './settings.ts'
import { shiftWindow, type Window, type WindowKind, windowAt, windowOf } from './window.ts'

export interface Calendar {
  /** The window that contains the instant (epoch ms). */
  at(kind: WindowKind, at: number): Window
  /** The window that contains the local day (`YYYY-MM-DD`). @throws RangeError for an invalid day */
  of(kind: WindowKind, day: string): Window
  /** The window that lies `by` windows after this one, or before it where `by` is negative. */
  shift(window: Window, by: number): Window
}

/** The time in which one zone was in force, for one kind of windows. */
interface Era {
  timeZone: string
  /** Epoch ms. */
  begins: number
  /** The first day of the last window before it; null for the first era. */
  after: string | null
}

/** The calendar of a repository. Zones of earlier versions of the settings keep their days. */
export function calendarOf(settings: Settings): Calendar {
  const changes = rulesOver(settings).map(({ from, timeZone }) => ({ from, timeZone }))
  const eras = { day: erasOf('day', changes), week: erasOf('week', changes) }
  const of = (kind: WindowKind, day: string): Window => {
    const { start } = windowOf(kind, day, 'UTC')
    const era = eras[kind].findLast(({ after }) => after === null || start > after) as Era
    return inEra(kind, era, windowOf(kind, day, era.timeZone))
  }
  return {
    at(kind, at) {
      const era = eras[kind].findLast(({ begins }) => begins <= at) as Era
      return inEra(kind, era, windowAt(kind, at, era.timeZone))
    },
    of,
    shift: (window, by) => of(window.kind, shiftWindow({ ...window }, by, 'UTC').start),
  }
}

function erasOf(kind: WindowKind, changes: readonly { from: number | null; timeZone: string }[]): Era[] {
  const eras: Era[] = []
  for (const { from, timeZone } of changes) {
    const last = eras[eras.length - 1]
    if (!last) eras.push({ timeZone, begins: Number.NEGATIVE_INFINITY, after: null })
    else if (timeZone === last.timeZone) continue
    // The zone changed again before its first window began.
    else if (from !== null && from < last.begins) eras[eras.length - 1] = { ...last, timeZone }
    else {
      const { to, start } = inEra(kind, last, windowAt(kind, from as number, last.timeZone))
      eras.push({ timeZone, begins: to, after: start })
    }
  }
  return eras
}

/** The window as its era has it: the first one begins with the era. */
function inEra(kind: WindowKind, { timeZone, begins, after }: Era, window: Window): Window {
  if (after === null) return window
  const first = firstAfter({ start: after, to: begins }, (day) => windowOf(kind, day, timeZone))
  return window.start <= first.start ? first : window
}

/**
 * The first window after another one: it begins where that one ends, and keeps its own end.
 * @param of the window of that kind with the given first day, regardless of the other one
 */
export function firstAfter(previous: Pick<Window, 'start' | 'to'>, of: (day: string) => Window): Window {
  let window = of(previous.start)
  do window = of(next(window))
  while (window.to <= previous.to)
  return { ...window, from: previous.to }
}

/** The day after a window's last local day. */
function next({ kind, start }: Window): string {
  return shiftWindow({ kind, start, from: 0, to: 0 }, 1, 'UTC').start
}

/** The last window of the calendar that begins before another one, by its first day and by its time. */
function lastBefore(calendar: Calendar, following: Window): Window {
  for (let by = -1; ; by--) {
    const window = calendar.shift(following, by)
    if (window.start < following.start && window.from < following.from) return window
  }
}

/**
 * The window of an instant that no stored window contains, between the stored windows around it, which keep their bounds.
 * @param previous the stored window that ends last before the instant @param following the one that begins first after it
 */
export function windowBetween(
  calendar: Calendar,
  kind: WindowKind,
  at: number,
  { previous, following }: { previous: Window | null; following: Window | null },
): Window {
  const window = calendar.at(kind, at)
  const first = previous && firstAfter(previous, (day) => calendar.of(kind, day))
  const last = following && lastBefore(calendar, following)
  // No day is left between the two: the one before becomes longer.
  if (previous && following && last && last.start <= previous.start)
    return { ...previous, to: following.from }
  let between = window
  if (first && between.start < first.start) between = first
  if (last && between.start > last.start) between = last
  return {
    ...between,
    from: previous && first && between.start <= first.start ? previous.to : between.from,
    to: following && last && between.start >= last.start ? following.from : between.to,
  }
}

/**
 * Finds the window of an instant: the stored one, else one that fits between the stored ones.
 * @param stored windows of one kind, in order of time
 */
export function windowFinder(
  calendar: Calendar,
  kind: WindowKind,
  stored: readonly Window[],
): (at: number) => Window {
  let latest: Window | null = null
  return (at) => {
    // Instants come in order of time, and finding a window in a calendar is slow.
    if (latest && latest.from <= at && at < latest.to) return latest
    latest = find(at)
    return latest
  }

  function find(at: number): Window {
    let low = 0
    let high = stored.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((stored[middle] as Window).from <= at) low = middle + 1
      else high = middle
    }
    const previous = stored[low - 1] ?? null
    if (previous && at < previous.to) return previous
    return windowBetween(calendar, kind, at, { previous, following: stored[low] ?? null })
  }
}
