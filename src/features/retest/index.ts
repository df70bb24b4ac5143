/** `/retest`, `/retest-required` and `/test`. */
import type { CommandHelp } from '../../domain/command-help.ts'
import type { FeatureTasks } from '../feature.ts'
import { retest } from './retest.ts'

export const tasks = { retest: { run: retest } } satisfies FeatureTasks

export const help: readonly CommandHelp[] = [
  {
    usage: '/retest, /retest-required, /test JOB, /test all',
    who: 'anyone your CI allows; where this app re-runs jobs, people with write permission and the pull request’s author',
    what: 'Recorded as a sign that a person takes the failure for a flake. With `retest: { execute: true }` in the settings, this app re-runs the failed jobs of the newest commit: all of them, the required ones, or the named ones.',
    example: '/test unit',
  },
]
