/** `/flake mine`, `/flake not-mine` and `/flake reset`. */
import type { FeatureTasks } from '../feature.ts'
import { takeCorrection } from './correction.ts'

export const tasks = { correction: { run: takeCorrection } } satisfies FeatureTasks
