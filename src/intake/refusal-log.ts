/** Logs refused webhooks without letting strangers fill the log: the first at once, then one line a minute with a count. */
import { MINUTE_MS } from '../domain/time.ts'

/**
 * @param now returns epoch ms
 * @param write is given the newest reason and the number of refusals since it was called last
 * @returns a function to call with the reason of each refusal
 */
export function createRefusalLog(
  now: () => number,
  write: (reason: string, count: number) => void,
): (reason: string) => void {
  let writtenAt = Number.NEGATIVE_INFINITY
  let count = 0
  return (reason) => {
    count++
    if (now() - writtenAt < MINUTE_MS) return
    writtenAt = now()
    write(reason, count)
    count = 0
  }
}
