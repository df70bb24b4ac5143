/** `--shuffle-env`: another order and seed for each run, which can be had again from the base seed and the number. */

/** The variables by which runtimes and test frameworks take a seed, without a word on their command lines. */
export const SEED_VARIABLES = ['FLAKE_SLA_SEED', 'SEED', 'PYTHONHASHSEED'] as const

/** A seed from 1 to 2^31 - 1 for a run. Source of the mixing: the finaliser of MurmurHash3, A. Appleby. */
export function seedOf(base: number, run: number): number {
  let hash = (Math.imul(base, 0x9e3779b1) + Math.imul(run, 0x85ebca6b)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 1) % 0x7fffffff) + 1
}

/**
 * The environment in another order, with the seed where runtimes look for it: hash order and test order follow the
 * seed; where the stack begins follows the order and length of the environment.
 */
export function shuffledEnv(env: Readonly<Record<string, string>>, seed: number): Record<string, string> {
  const seeded: Record<string, string> = { ...env }
  for (const name of SEED_VARIABLES) seeded[name] = String(seed)
  seeded.GOFLAGS = [env.GOFLAGS, `-shuffle=${seed}`].filter(Boolean).join(' ')
  seeded.FLAKE_SLA_PADDING = 'x'.repeat(seed % 4096)
  const entries = Object.entries(seeded)
  for (let i = entries.length - 1; i > 0; i--) {
    const other = seedOf(seed, i) % (i + 1)
    const swapped = entries[i] as [string, string]
    entries[i] = entries[other] as [string, string]
    entries[other] = swapped
  }
  return Object.fromEntries(entries)
}

/** What a run finds in its environment. @param tmp its own folder for temporary files, if it has one */
export function envOfRun(
  env: Readonly<Record<string, string>>,
  run: { number: number; worker: string; seed: number | null; tmp: string | null },
): Record<string, string> {
  const own: Record<string, string> = {
    ...env,
    FLAKE_SLA_RUN: String(run.number),
    FLAKE_SLA_WORKER: run.worker,
  }
  if (run.tmp !== null) own.TMPDIR = run.tmp
  return run.seed === null ? own : shuffledEnv(own, run.seed)
}
