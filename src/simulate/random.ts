/** Seeded random numbers: the same seed gives the same numbers on every machine. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** True with probability `p`. */
  chance(p: number): boolean
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Exponentially distributed with that mean. */
  after(mean: number): number
  /** Geometrically distributed: the number of failures before the first success, with mean `mean`. */
  count(mean: number): number
  pick<T>(list: readonly T[]): T
  /** A commit id: 40 hexadecimal digits. */
  sha(): string
}

/** @param seed any text; different seeds give independent streams */
export function createRandom(seed: string): Random {
  const word = generator(seed)
  const next = () => word() / 4_294_967_296
  return {
    next,
    chance: (p) => next() < p,
    between: (low, high) => low + (high - low) * next(),
    after: (mean) => -mean * Math.log(1 - next()),
    count: (mean) => (mean <= 0 ? 0 : Math.floor(Math.log(1 - next()) / Math.log(mean / (1 + mean)))),
    pick: (list) => list[Math.floor(next() * list.length)] as (typeof list)[number],
    sha: () => Array.from({ length: 5 }, () => word().toString(16).padStart(8, '0')).join(''),
  }
}

/** The generator sfc32 (Small Fast Counter, 32 bits), seeded with the FNV-1a hash of the text. */
function generator(seed: string): () => number {
  let hash = 2_166_136_261
  for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 16_777_619)
  let a = hash | 0
  let b = (hash ^ 0x9e3779b9) | 0
  let c = (hash ^ 0x85ebca6b) | 0
  let counter = 1
  const word = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 20; i++) word()
  return word
}
