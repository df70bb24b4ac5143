/** The lists of required jobs: read again when a webhook announces a change, and once a day. */
import type { FeatureTasks, FeatureTimer } from '../feature.ts'
import { refreshAllRequired, refreshRequired } from './refresh.ts'

export { readRequiredJobs } from './refresh.ts'

export const tasks = { required: { run: refreshRequired } } satisfies FeatureTasks

export const timers: readonly FeatureTimer[] = [
  { name: 'required-jobs', schedule: '17 3 * * *', run: refreshAllRequired },
]
