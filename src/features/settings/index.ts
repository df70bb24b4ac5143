/** The settings file: read again when it changes and once a day, and checked on pull requests that change it. */
import type { FeatureTasks, FeatureTimer } from '../feature.ts'
import { checkSettings } from './check.ts'
import { refreshSettings, requestStaleSettings } from './refresh.ts'

export const tasks = {
  settings: { run: refreshSettings },
  'settings-check': { run: checkSettings },
} satisfies FeatureTasks

export const timers: readonly FeatureTimer[] = [
  { name: 'settings', schedule: '*/5 * * * *', run: requestStaleSettings },
]
