/** A fuzz target: a part of the program that takes input from outside. */
import type { Random } from '../../src/simulate/random.ts'

/** An input that made the program misbehave. */
export interface Finding {
  target: string
  /** The seed that generates the input again. */
  seed: string
  input: string
  problem: string
}

export interface Target {
  name: string
  /** Its weight in the number of inputs. */
  share: number
  /** Generates an input. Equal random numbers give equal inputs. */
  make(random: Random): string
  /**
   * Runs the program on a batch of inputs.
   * @returns for each input what the program did wrong, or null
   */
  run(inputs: readonly string[]): Promise<(string | null)[]>
  /** Size of a batch. */
  batch: number
}

/** A target that tries one input at a time. Every error is a finding, and so is an input that takes longer than `maxMs`. */
export function eachInput(
  target: Pick<Target, 'name' | 'share' | 'make'>,
  maxMs: number,
  attempt: (input: string) => string | null | undefined | Promise<string | null | undefined>,
): Target {
  const tryInput = async (input: string): Promise<string | null> => {
    try {
      const started = spent()
      const problem = (await attempt(input)) ?? null
      const took = spent() - started
      if (problem === null && took > maxMs && (await isSlowAgain(() => attempt(input), maxMs)))
        return `took ${Math.round(took)} ms`
      return problem
    } catch (error) {
      return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`.slice(0, 2000)
    }
  }
  return {
    ...target,
    batch: 200,
    async run(inputs) {
      const problems: (string | null)[] = []
      for (const input of inputs) problems.push(await tryInput(input))
      return problems
    },
  }
}

/** This process's CPU time in ms, which does not depend on other load on the machine. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** A garbage collection can make any input slow once. */
async function isSlowAgain(attempt: () => unknown, maxMs: number): Promise<boolean> {
  for (let i = 0; i < 3; i++) {
    const started = spent()
    await attempt()
    if (spent() - started <= maxMs) return false
  }
  return true
}
