/** The one comparison of secrets in this program. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether two texts are equal, in a time that depends neither on where they differ nor on their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
