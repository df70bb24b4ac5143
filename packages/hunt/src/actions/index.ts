/** Hunts on GitHub Actions. */
export { actionsOf, isRefusal, openActions } from './api.ts'
export { ActionsHunt, huntOnActions } from './hunt.ts'
export { EPOCH, type Lane, markOf } from './lanes.ts'
export { resultSoFar } from './result.ts'
export type { ActionsHooks, ActionsSettings, EarlierSession } from './settings.ts'
