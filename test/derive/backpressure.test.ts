/** Deriving gives way to deliveries under load, but never stops. */
import { expect, test } from 'vitest'
import { createBackpressure } from '../../src/derive/backpressure.ts'

test('single deliveries do not delay deriving', async () => {
  const clock = { now: 0 }
  const backpressure = createBackpressure(() => clock.now)
  for (let i = 0; i < 10; i++) backpressure.recorded(1)
  expect(backpressure.headsAtOnce()).toBe(40)
  await backpressure.giveWay(1000)
})

test('under load the work is done in small parts, and waits until the load has passed', async () => {
  const clock = { now: 0 }
  const backpressure = createBackpressure(() => clock.now)
  backpressure.recorded(10)
  expect(backpressure.headsAtOnce()).toBe(20)
  let passed = false
  const passing = backpressure.giveWay(1000).then(() => (passed = true))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(passed).toBe(false)
  clock.now = 101
  await passing
  expect(backpressure.headsAtOnce()).toBe(40)
})

test('the longer the load lasts, the shorter the work waits', async () => {
  const clock = { now: 0 }
  const backpressure = createBackpressure(() => clock.now)
  /** How long (in ms of the clock) work of 10 ms waits while deliveries keep arriving. */
  const waited = async () => {
    const from = clock.now
    const load = setInterval(() => {
      clock.now += 5
      backpressure.recorded(10)
    }, 5)
    backpressure.recorded(10)
    await backpressure.giveWay(10)
    clearInterval(load)
    return clock.now - from
  }
  const early = await waited()
  for (let i = 0; i < 3000; i++) {
    clock.now += 50
    backpressure.recorded(10)
  }
  const late = await waited()
  expect(early).toBeGreaterThan(400)
  expect(late).toBeLessThan(early / 2)
})
