/** Progress on standard error: one updated line on a terminal, a line every few seconds elsewhere. */
const EVERY_MS = 5000
const EVERY_MS_TERMINAL = 100

export interface Progress {
  add(count: number): void
  end(): void
}

/** @param activity like `recording`. @param unit what is counted, like `deliveries` */
export function progress(activity: string, unit: string): Progress {
  const started = Date.now()
  let done = 0
  let shown = started
  const line = () => {
    const seconds = (Date.now() - started) / 1000
    const rate = seconds > 0.5 ? `, ${Math.round(done / seconds)}/s` : ''
    return `${activity}: ${done.toLocaleString('en')} ${unit}${rate}`
  }
  return {
    add(count) {
      done += count
      const every = process.stderr.isTTY ? EVERY_MS_TERMINAL : EVERY_MS
      if (Date.now() - shown < every) return
      shown = Date.now()
      process.stderr.write(process.stderr.isTTY ? `\r${line()}\u001b[K` : `${line()}\n`)
    },
    end() {
      if (process.stderr.isTTY) process.stderr.write(`\r${line()}\u001b[K\n`)
      else if (Date.now() - started > EVERY_MS) process.stderr.write(`${line()}\n`)
    },
  }
}
