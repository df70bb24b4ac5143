/** `--shuffle-env`: a different seed and order of the environment for each run, reproducible from the base seed and the run's number. */

/** Environment variables from which runtimes and test frameworks read a seed. */
export const SEED_VARIABLES = ['FLAKE_SLA_SEED', 'SEED', 'PYTHONHASHSEED'] as const

/** The seed of a run, from 1 to 2^31 - 1. Source of the mixing: the finaliser of MurmurHash3, A. Appleby. */
export function seedOf(base: number, run: number): number {
  let hash = (Math.imul(base, 0x9e3779b1) + Math.imul(run, 0x85ebca6b)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (((hash ^ (hash >>> 16)) >>> 1) % 0x7fffffff) + 1
}

/**
 * The environment shuffled, with the seed in the variables that runtimes read. The seed changes hash order and test order;
 * the order and length of the environment change the address of the stack.
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

/** The environment of a run. @param run `tmp`: its folder for temporary files, if it has one */
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
