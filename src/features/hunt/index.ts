/** `/hunt`. */
import type { FeatureTasks } from '../feature.ts'
import { giveUpHunt } from './give-up.ts'
import { hunt } from './hunt.ts'

export const tasks = { hunt: { run: hunt, giveUp: giveUpHunt } } satisfies FeatureTasks
