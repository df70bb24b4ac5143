/** Concluding gives way to a crowd of deliveries, and never for ever. */
import { expect, test } from 'vitest'
import { createBackpressure } from '../../src/derive/backpressure.ts'

test('a lone delivery now and then holds nothing up', async () => {
  const clock = { now: 0 }
  const backpressure = createBackpressure(() => clock.now)
  for (let i = 0; i < 10; i++) backpressure.recorded(1)
  expect(backpressure.headsAtOnce()).toBe(40)
  await backpressure.giveWay(1000)
})

test('in a crowd the work is cut small, and waits until the crowd has gone', async () => {
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

test('a crowd that stays lets more and more work through', async () => {
  const clock = { now: 0 }
  const backpressure = createBackpressure(() => clock.now)
  /** Clock ms that a piece of 10 ms waits for while deliveries keep coming. */
  const waited = async () => {
    const from = clock.now
    const crowd = setInterval(() => {
      clock.now += 5
      backpressure.recorded(10)
    }, 5)
    backpressure.recorded(10)
    await backpressure.giveWay(10)
    clearInterval(crowd)
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
