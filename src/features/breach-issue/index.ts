/** The issue about days out of SLA. */
import type { FeatureTasks } from '../feature.ts'
import { closeBreachIssue, fileBreachIssue } from './breach-issue.ts'

export { requestBreachIssue } from './request.ts'

export const tasks = {
  breach: { run: fileBreachIssue },
  'breach-close': { run: closeBreachIssue },
} satisfies FeatureTasks
