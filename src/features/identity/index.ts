/** Asks GitHub what a repository is called and who can see it, where deliveries leave that in doubt. */
import type { FeatureTasks } from '../feature.ts'
import { confirmRepository } from './confirm.ts'

export const tasks = { repository: { run: confirmRepository } } satisfies FeatureTasks
