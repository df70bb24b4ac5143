/**
 * Ends connections to a database that has fallen silent: open, as far as this machine knows, and answering nothing, as
 * after a lost machine, a cut cable or a firewall that forgot. Without this a question would wait for a quarter of an
 * hour, or for ever, and everything behind it as well.
 */

export interface SilenceLimits {
  /** How long a question may go unanswered until the server is asked whether it is there, in ms. */
  silenceMs: number
  /** How long the answer to that may take, in ms. */
  probeMs: number
}

export const SILENCE_LIMITS: SilenceLimits = { silenceMs: 10_000, probeMs: 5000 }

/**
 * Watches questions to one server; many that wait at the same time have it asked once.
 * @param isThere whether the server answers a new connection
 * @returns is given each question's answer, and what ends its connection. A slow answer is waited for while the server is there.
 */
export function watchSilence(
  isThere: () => Promise<boolean>,
  silenceMs: number,
): (answer: Promise<unknown>, end: (reason: Error) => void) => void {
  let asking: Promise<boolean> | null = null
  const ask = () => {
    asking ??= isThere().finally(() => {
      asking = null
    })
    return asking
  }
  return (answer, end) => {
    let timer: NodeJS.Timeout | null = null
    let isOver = false
    const look = async () => {
      if (await ask()) return wait()
      if (!isOver) end(new Error('the database is silent: connection terminated'))
    }
    const wait = () => {
      if (!isOver) timer = setTimeout(() => void look(), silenceMs).unref()
    }
    const over = () => {
      isOver = true
      if (timer) clearTimeout(timer)
    }
    wait()
    answer.then(over, over)
  }
}
