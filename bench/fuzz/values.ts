/** Hostile values: values of every type, and texts that are known to break software. */
import type { Random } from '../../src/simulate/random.ts'

/** Texts that escape from markup, queries, logs, headers, terminals, paths or formats, or that a database cannot store. */
export const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udc00b',
  '\ufeff\u202eevil\u2066\u200b',
  '\u0085\u2028\u2029',
  "'; drop table delivery; --",
  '") or 1=1 --',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '](javascript:alert(1)) | `x` <!-- flake-sla:breach: -->',
  '@everyone #1 /flake-report\n/retest',
  '--> <details>',
  '\r\nSet-Cookie: a=b\r\n\r\n',
  '\u001b[2J\u001b]0;title\u0007',
  '{"level":60,"msg":"forged"}\n{"level":60}',
  '%s%n%00{{7*7}}#{1}$(id)`id`',
  '../../../../etc/passwd',
  'javascript:alert(1)',
  'http://[::1]:99999/\\x',
  '__proto__',
  'constructor',
  'NaN',
  '1e999',
  'true',
  'null',
  '\\x00 \\N \\. {"a"}',
  '2026-02-30T00:00:00Z',
  '0000-00-00T00:00:00Z',
  '-271821-04-20T00:00:00.000Z',
  '+275760-09-13T00:00:00.000Z',
  '2026-02-02T23:59:60Z',
  '2026-02-02T00:00:00+99:99',
  'infinity',
  'now',
  '1',
  'A'.repeat(40),
  '0'.repeat(40),
  'f'.repeat(64),
  'e'.repeat(41),
  'refs/heads/gh-readonly-queue/main/pr-99999999999-x',
  'refs/heads/gh-readonly-queue/main/pr-999999999-'.concat('a'.repeat(40)),
  ' BaseSHA:'.concat('b'.repeat(40)),
  'Overridden by x',
  'success',
  'failure',
  'completed',
  'x'.repeat(3000),
  '\u{1f9ea}'.repeat(1500),
  'é'.repeat(40),
  'İ'.repeat(60),
]

const NUMBERS: readonly number[] = [
  0, -0, -1, 1, 0.5, 2_147_483_647, 2_147_483_648, 9_007_199_254_740_991, 9_007_199_254_740_992, 1e20, 1e308,
  -1e308, 5e-324,
]

const HUGE = 200_000
const DEPTH = 20_000
/** A placeholder for a list nested 20,000 levels deep, which JSON.stringify cannot write. */
const DEEP = 'so deep'

/** A random value of any type, occasionally huge or deeply nested. */
export function anyValue(random: Random): unknown {
  const kind = Math.floor(random.next() * 100)
  if (kind < 10) return null
  if (kind < 15) return random.chance(0.5)
  if (kind < 35) return random.pick(NUMBERS)
  if (kind < 80) return random.pick(TEXTS)
  if (kind < 84) return [random.pick(TEXTS), random.pick(NUMBERS), null, {}, []]
  if (kind < 88) return []
  if (kind < 92) return {}
  if (kind < 95)
    return JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"id":1}')
  if (kind < 97) return Array.from({ length: 1000 }, (_, i) => ({ id: i, number: i, name: `n${i}` }))
  if (kind < 98) return anyText(random).repeat(200).slice(0, 20_000)
  // Both are expensive, so they are rare.
  if (random.chance(0.97)) return {}
  return random.chance(0.5) ? 'x'.repeat(HUGE) : DEEP
}

/** One or several of the texts. */
export function anyText(random: Random): string {
  let text = random.pick(TEXTS)
  while (random.chance(0.3)) text += random.pick(TEXTS)
  return text
}

/** JSON.stringify that also writes the deep list. */
export function toJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(
    JSON.stringify(DEEP),
    () => `${'['.repeat(DEPTH)}1${']'.repeat(DEPTH)}`,
  )
}
