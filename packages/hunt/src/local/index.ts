/** Hunts on this machine. */
export { environmentOf } from './environment.ts'
export { ISOLATIONS, type Isolation, isInGit } from './isolate.ts'
export { huntLocally, type LocalHooks, type LocalSettings } from './pool.ts'
export { parseStress, type Stress, startStress } from './stress.ts'
