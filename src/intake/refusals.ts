/** Tells the log of refused webhooks without letting strangers fill it: at once, then at most once a minute with their number. */

const EVERY_MS = 60_000

/**
 * @param now epoch ms
 * @param tell is given the newest refusal's sentence and how many there were since the last telling
 */
export function createRefusals(
  now: () => number,
  tell: (sentence: string, count: number) => void,
): (sentence: string) => void {
  let reportedAt = Number.NEGATIVE_INFINITY
  let count = 0
  return (sentence) => {
    count++
    if (now() - reportedAt < EVERY_MS) return
    reportedAt = now()
    tell(sentence, count)
    count = 0
  }
}
