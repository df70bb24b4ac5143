/** `/flake mine`, `/flake not-mine` and `/flake reset`. */
import type { CommandHelp } from '../../domain/command-help.ts'
import type { FeatureTasks } from '../feature.ts'
import { takeCorrection } from './correction.ts'

export const tasks = { correction: { run: takeCorrection } } satisfies FeatureTasks

export const help: readonly CommandHelp[] = [
  {
    usage: '/flake not-mine REASON, /flake mine REASON, /flake reset',
    who: 'people with write permission',
    what: 'Corrects the attribution of this pull request’s flakes, or removes the correction. It is kept with name and reason and overrides the automatic attribution. To correct one job only, put its name in backquotes before the reason.',
    example: '/flake not-mine the registry was down',
  },
]
