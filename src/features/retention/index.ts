/** Deleting what has expired. */
import type { FeatureTimer } from '../feature.ts'
import { deleteExpired } from './retention.ts'

export const timers: readonly FeatureTimer[] = [
  { name: 'retention', schedule: '30 * * * *', atStart: false, run: deleteExpired },
]
