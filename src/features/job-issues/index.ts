/** The issues about single jobs. */
import type { FeatureTasks } from '../feature.ts'
import { keepJobIssues } from './job-issues.ts'

export { requestJobIssues } from './job-issues.ts'

export const tasks = { 'job-issues': { run: keepJobIssues } } satisfies FeatureTasks
