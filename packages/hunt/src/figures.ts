/** Formats the figures of a hunt. */

/** 0.9994 as `99.94%`: enough digits to show the failures. */
export function passPercent(rate: number): string {
  if (rate >= 1) return '100%'
  const digits = Math.max(1, Math.min(8, Math.ceil(-Math.log10(1 - rate)) - 1))
  const scale = 10 ** digits
  // Rounding up to 100 % would hide that there were failures.
  const shown = Math.min(Math.round(rate * 100 * scale), 100 * scale - 1) / scale
  return `${shown.toFixed(digits).replace(/\.0*$|(\.\d*?)0+$/, '$1')}%`
}

/** A p-value as `p = 0.013`. */
export function chance(p: number): string {
  if (p < 0.0001) return 'p < 0.0001'
  return `p = ${p < 0.1 ? Number(p.toPrecision(2)) : Number(p.toFixed(2))}`
}

/** With thousands separators. */
export function number(value: number): string {
  return value.toLocaleString('en')
}

/** Milliseconds as `8 ms`, `1.2 s`, `3 min` or `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.round(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Bytes as `512 MiB` or `1.5 GiB`. */
export function bytes(value: number): string {
  const GIB = 2 ** 30
  return value >= GIB ? `${(value / GIB).toFixed(1)} GiB` : `${Math.round(value / 2 ** 20)} MiB`
}

/** `PPPPFFPPF` as `4P 2F 2P 1F`; the middle of a sequence of more than 60 streaks is left out. */
export function shortSequence(sequence: string): string {
  const MAX_STREAKS = 60
  const streaks = (sequence.match(/P+|F+|S+/g) ?? []).map((streak) => `${streak.length}${streak[0]}`)
  if (streaks.length <= MAX_STREAKS) return streaks.join(' ')
  const left = streaks.length - MAX_STREAKS
  return `${streaks.slice(0, MAX_STREAKS / 2).join(' ')} … (${number(left)} more streaks) … ${streaks.slice(-MAX_STREAKS / 2).join(' ')}`
}
