/** Closing windows: the days, weeks and months of each repository, and what is requested once a day has ended. */
import type { FeatureTimer } from '../feature.ts'
import { type AfterClosing, closeAllWindows } from './close-windows.ts'

/** @param after what other features request for a repository whose windows are closed */
export function timersWith(after: readonly AfterClosing[]): readonly FeatureTimer[] {
  return [{ name: 'close-windows', schedule: '*/5 * * * *', run: (deps) => closeAllWindows(deps, after) }]
}
