/** Random numbers for tests that kill processes at random moments. */
import { randomInt } from 'node:crypto'
import { createRandom } from '../../src/simulate/random.ts'

/**
 * Random numbers in [0, 1). The seed is printed, so that a failure can be repeated with `RANDOM_SEED=…`, as far as the
 * machine's timing allows.
 */
export function seededRandom(name: string): () => number {
  const seed = process.env.RANDOM_SEED ?? String(randomInt(2 ** 32))
  console.info(`${name}: RANDOM_SEED=${seed}`)
  const random = createRandom(`${name}/${seed}`)
  return () => random.next()
}
