/** `/hunt`. */
import type { CommandHelp } from '../../domain/command-help.ts'
import type { FeatureTasks } from '../feature.ts'
import { giveUpHunt } from './give-up.ts'
import { hunt } from './hunt.ts'

export const tasks = { hunt: { run: hunt, giveUp: giveUpHunt } } satisfies FeatureTasks

export const help: readonly CommandHelp[] = [
  {
    usage: '/hunt JOB, /hunt JOB N',
    who: 'people with write permission',
    what: 'With `hunt: { enabled: true }` in the settings: re-runs a job of the newest commit up to N times, within the time that the settings allow, to measure how often it fails and whether failures cluster. These runs do not count in the SLA.',
    example: '/hunt unit 20',
  },
]
