/** Hunts on GitHub Actions. */
export { actionsOf, isRefusal, openActions } from './api.ts'
export { ActionsHunt, huntOnActions } from './hunt.ts'
export { ALWAYS, type Lane, markOf } from './lanes.ts'
export { resultSoFar } from './result.ts'
export type { ActionsHooks, ActionsSettings, Before } from './terms.ts'
