/** What a part of the program that takes input from outside looks like to the fuzzer. */
import type { Random } from '../../src/simulate/random.ts'

/** An input that did what no input may do. */
export interface Finding {
  target: string
  /** Text that makes the same input again: of the random numbers, not of the input. */
  seed: string
  input: string
  problem: string
}

export interface Target {
  name: string
  /** Its part of all inputs. */
  share: number
  /** Makes one input; the same numbers make the same one. */
  make(random: Random): string
  /**
   * Gives inputs to the program, some at a time.
   * @returns for each input what was wrong about what the program did, or null
   */
  run(inputs: readonly string[]): Promise<(string | null)[]>
  /** How many inputs `run` takes at a time. */
  batch: number
}

/** A target whose inputs are tried one by one. An input may take `mostMs`; every error is a finding. */
export function eachInput(
  target: Pick<Target, 'name' | 'share' | 'make'>,
  mostMs: number,
  attempt: (input: string) => string | null | undefined | Promise<string | null | undefined>,
): Target {
  const one = async (input: string): Promise<string | null> => {
    try {
      const started = spent()
      const problem = (await attempt(input)) ?? null
      const took = spent() - started
      if (problem === null && took > mostMs && (await isSlowAgain(() => attempt(input), mostMs)))
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
      for (const input of inputs) problems.push(await one(input))
      return problems
    },
  }
}

/** This process's own time, in ms: other work on the machine makes anything slow by the clock. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Collecting garbage makes anything slow once. */
async function isSlowAgain(attempt: () => unknown, mostMs: number): Promise<boolean> {
  for (let i = 0; i < 3; i++) {
    const started = spent()
    await attempt()
    if (spent() - started <= mostMs) return false
  }
  return true
}
