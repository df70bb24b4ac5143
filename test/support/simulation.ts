/** Simulated organisations in the database, with the truth about their flakes. */
import type { Db } from '../../src/db/schema.ts'
import { type Scenario, scenarioOf } from '../../src/simulate/scenarios.ts'
import { type Simulation, simulate, simulatedDeliveries } from '../../src/simulate/simulate.ts'
import { recordAll } from './pipeline.ts'

export const FROM = Date.UTC(2026, 0, 5)

/** Simulates the named scenario, with changes. */
export function aHistory(name: string, days: number, more: Partial<Scenario> = {}, seed = 1): Simulation {
  const scenario = { ...(scenarioOf(name) as Scenario), ...more }
  return simulate(scenario, { seed, days, from: FROM, repository: `example-org/${name}` })
}

/** Records the simulation's webhooks. */
export async function recordHistory(db: Db, history: Simulation, seed = 1): Promise<void> {
  await recordAll(db, simulatedDeliveries(history, seed))
}
