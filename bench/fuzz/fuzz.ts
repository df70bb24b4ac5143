/** Tries generated inputs on all targets, each target by its share. A finding records the seed of its input. */
import { createRandom } from '../../src/simulate/random.ts'
import type { Finding, Target } from './target.ts'

export interface FuzzResult {
  /** Inputs tried, by target. */
  tried: Record<string, number>
  findings: Finding[]
}

export interface FuzzOptions {
  /** Number of inputs over all targets. */
  inputs: number
  /** The seed of the inputs. */
  seed: string
  /** Stops after this many findings. */
  maxFindings?: number
  onProgress?: (tried: number) => void
}

/** Runs `inputs` inputs, split over the targets by their shares. */
export async function fuzz(targets: readonly Target[], options: FuzzOptions): Promise<FuzzResult> {
  const { inputs, seed, maxFindings = 20, onProgress } = options
  const shares = targets.reduce((sum, target) => sum + target.share, 0)
  const result: FuzzResult = { tried: {}, findings: [] }
  for (const target of targets) {
    const wanted = Math.max(1, Math.round((inputs * target.share) / shares))
    let tried = 0
    while (tried < wanted && result.findings.length < maxFindings) {
      const size = Math.min(target.batch, wanted - tried)
      const seeds = Array.from({ length: size }, (_, i) => `${seed}/${target.name}/${tried + i}`)
      const texts = seeds.map((seed) => target.make(createRandom(seed)))
      const problems = await target.run(texts)
      for (const [i, problem] of problems.entries()) {
        if (problem !== null)
          result.findings.push({ target: target.name, seed: seeds[i] ?? '', input: texts[i] ?? '', problem })
      }
      tried += size
      onProgress?.(size)
    }
    result.tried[target.name] = tried
  }
  return result
}
