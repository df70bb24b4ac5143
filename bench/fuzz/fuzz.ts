/** Tries inputs by the thousand: every target its share, each input made from numbers that are written down when it found something. */
import { createRandom } from '../../src/simulate/random.ts'
import type { Finding, Target } from './target.ts'

export interface FuzzResult {
  /** Inputs tried, by target. */
  tried: Record<string, number>
  findings: Finding[]
}

export interface FuzzOptions {
  /** How many, over all targets. */
  inputs: number
  /** Another one makes other inputs. */
  seed: string
  /** Ends after so many findings. */
  mostFindings?: number
  onProgress?: (tried: number) => void
}

/** Gives `inputs` inputs to the targets, by their shares. */
export async function fuzz(targets: readonly Target[], options: FuzzOptions): Promise<FuzzResult> {
  const { inputs, seed, mostFindings = 20, onProgress } = options
  const shares = targets.reduce((sum, target) => sum + target.share, 0)
  const result: FuzzResult = { tried: {}, findings: [] }
  for (const target of targets) {
    const wanted = Math.max(1, Math.round((inputs * target.share) / shares))
    let tried = 0
    while (tried < wanted && result.findings.length < mostFindings) {
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
