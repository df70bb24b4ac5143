import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../src/domain/time.ts'
import { translate } from '../../src/intake/events/translate.ts'
import { createRandom } from '../../src/simulate/random.ts'
import { SCENARIOS, scenarioOf } from '../../src/simulate/scenarios.ts'
import { simulate, simulatedDeliveries, truthJson } from '../../src/simulate/simulate.ts'

const from = Date.UTC(2026, 0, 5)
const options = { seed: 7, days: 14, from, repository: 'example-org/steady' }
const scenario = (name: string) => {
  const found = scenarioOf(name)
  if (!found) throw new Error(`no scenario ${name}`)
  return found
}

describe('simulate', () => {
  test('gives the same deliveries and truth for the same seed, and different ones for another seed', () => {
    const once = simulate(scenario('steady'), options)
    const again = simulate(scenario('steady'), options)
    expect(simulatedDeliveries(again, 7)).toEqual(simulatedDeliveries(once, 7))
    expect(truthJson(again)).toEqual(truthJson(once))
    expect(simulatedDeliveries(simulate(scenario('steady'), { ...options, seed: 8 }), 8)).not.toEqual(
      simulatedDeliveries(once, 7),
    )
  })

  test.each(SCENARIOS.map((SCENARIOS) => [SCENARIOS.name, SCENARIOS] as const))(
    'gives deliveries for %s that the webhooks accept, with distinct ids',
    (_name, scenario) => {
      const deliveries = simulatedDeliveries(simulate(scenario, options), 7)
      const outcomes = deliveries.map(
        ({ id, name, payload }) =>
          translate(payload, { guid: id, event: name, at: '2026-01-05T00:00:00Z' }).outcome,
      )
      expect(new Set(outcomes)).toEqual(new Set(['facts']))
      const copies = deliveries.length - new Set(deliveries.map((delivery) => delivery.id)).size
      expect(copies === 0).toBe(scenario.twiceShare === 0)
    },
  )

  test('knows the cause of every flake, and the limit is calibrated', () => {
    const flakes = [1, 2, 3, 4].flatMap(
      (seed) => simulate(scenario('bringers'), { ...options, seed, days: 28 }).flakes,
    )
    const caused = flakes.filter((flake) => flake.causedByPr).length
    const expected = flakes.reduce((sum, flake) => sum + flake.limit, 0)
    expect(caused).toBeGreaterThan(50)
    expect(Math.abs(expected - caused)).toBeLessThan(3 * Math.sqrt(caused))
  })

  test('an outage fails runs only during the outage', () => {
    const { plan, runs } = simulate(scenario('outages'), { ...options, days: 28 })
    const outages = plan.disturbances.filter((disturbance) => disturbance.kind === 'outage')
    const hit = runs.filter((run) => run.cause === 'outage')
    expect(hit.length).toBeGreaterThan(20)
    for (const run of hit) {
      expect(outages.some((outage) => run.completedAt >= outage.from && run.completedAt < outage.to)).toBe(
        true,
      )
    }
  })
})

describe('createRandom', () => {
  test('is uniform over [0, 1)', () => {
    const random = createRandom('evenly')
    const counts = [0, 0, 0, 0]
    for (let i = 0; i < 40_000; i++) {
      const quarter = Math.floor(random.next() * 4)
      counts[quarter] = (counts[quarter] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  test('counts and waits have the requested mean', () => {
    const random = createRandom('means')
    const mean = (draw: () => number) => Array.from({ length: 40_000 }, draw).reduce((a, b) => a + b) / 40_000
    expect(mean(() => random.count(1.5))).toBeCloseTo(1.5, 1)
    expect(mean(() => random.after(DAY_MS)) / DAY_MS).toBeCloseTo(1, 1)
  })
})
