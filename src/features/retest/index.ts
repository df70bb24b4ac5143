/** `/retest`, `/retest-required` and `/test`. */
import type { FeatureTasks } from '../feature.ts'
import { retest } from './retest.ts'

export const tasks = { retest: { run: retest } } satisfies FeatureTasks
