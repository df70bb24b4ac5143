/** How a hunt's figures are written: pass rates with the digits that matter after all the nines. */

/** 0.9994 as `99.94%`: the digits go as far as the failures do. */
export function passPercent(rate: number): string {
  if (rate >= 1) return '100%'
  const digits = Math.max(1, Math.min(8, Math.ceil(-Math.log10(1 - rate)) - 1))
  const scale = 10 ** digits
  // Rounding up to 100 % would say that there were no failures.
  const shown = Math.min(Math.round(rate * 100 * scale), 100 * scale - 1) / scale
  return `${shown.toFixed(digits).replace(/\.0*$|(\.\d*?)0+$/, '$1')}%`
}

export function chance(p: number): string {
  if (p < 0.0001) return 'p < 0.0001'
  return `p = ${p < 0.1 ? Number(p.toPrecision(2)) : Number(p.toFixed(2))}`
}

export function number(value: number): string {
  return value.toLocaleString('en')
}

/** A length of time for people, from milliseconds. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.round(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function bytes(value: number): string {
  const GIB = 2 ** 30
  return value >= GIB ? `${(value / GIB).toFixed(1)} GiB` : `${Math.round(value / 2 ** 20)} MiB`
}

/** `PPPPFFPPF` as `4P 2F 2P 1F`; only the ends of what has very many turns. */
export function shortSequence(sequence: string): string {
  const MOST = 60
  const turns = (sequence.match(/P+|F+|S+/g) ?? []).map((turn) => `${turn.length}${turn[0]}`)
  if (turns.length <= MOST) return turns.join(' ')
  const left = turns.length - MOST
  return `${turns.slice(0, MOST / 2).join(' ')} … (${number(left)} more turns) … ${turns.slice(-MOST / 2).join(' ')}`
}
