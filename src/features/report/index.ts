/** `/flake-report` and the same report without a command. */
import type { FeatureTasks } from '../feature.ts'
import { writeAutomaticReport } from './automatic.ts'
import { answerReport } from './report.ts'

export { requestAutomaticReports } from './automatic.ts'

export const tasks = {
  report: { run: answerReport },
  automatic: { run: writeAutomaticReport },
} satisfies FeatureTasks
