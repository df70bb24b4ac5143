/** Having failed deliveries sent again. */
import type { FeatureTimer } from '../feature.ts'
import { reconcile } from './redelivery.ts'

export const timers: readonly FeatureTimer[] = [
  { name: 'redelivery', schedule: '*/5 * * * *', run: reconcile },
]
