/** Broken lines of a replay file: each is read or rejected with a reason, without effect on other lines. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeliveries } from '../../src/cli/deliveries.ts'
import type { Delivery } from '../../src/intake/prepare.ts'
import type { Random } from '../../src/simulate/random.ts'
import { mutate } from './mutate.ts'
import type { Target } from './target.ts'
import { anyText, anyValue, toJson } from './values.ts'

/** @param seeds deliveries to break */
export function lineTarget(seeds: readonly Delivery[]): Target {
  return {
    name: 'line',
    share: 0.04,
    batch: 500,
    make: (random) => makeLine(random, seeds).replaceAll('\n', ' '),
    run: readLines,
  }
}

function makeLine(random: Random, seeds: readonly Delivery[]): string {
  const kind = random.next()
  if (kind < 0.1) return anyText(random)
  if (kind < 0.2) return toJson(anyValue(random))
  const { id, name, payload } = random.pick(seeds)
  const forms = [
    { id, name, payload },
    { guid: id, event: name, action: null, status: 'OK', request: { headers: {}, payload } },
  ]
  const line = toJson(random.chance(0.8) ? mutate(random.pick(forms), random) : random.pick(forms))
  if (kind < 0.4) return line.slice(0, Math.floor(random.next() * line.length))
  if (kind < 0.5) return `${line}${line}`
  return line
}

async function readLines(inputs: readonly string[]): Promise<(string | null)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flake-sla-fuzz-'))
  const path = join(folder, 'lines.ndjson')
  try {
    await writeFile(path, inputs.join('\n'))
    const results = new Map<number, string | null>()
    for await (const line of readDeliveries(path)) {
      const { delivery, reason } = { delivery: null, reason: null, ...line }
      const isWhole =
        delivery === null
          ? Boolean(reason)
          : Boolean(delivery.id && delivery.name && typeof delivery.payload === 'object')
      results.set(line.line - 1, isWhole ? null : 'is neither a delivery nor refused with a reason')
    }
    return inputs.map((input, i) => {
      const isBlank = input.replace(/^\ufeff/, '').trim() === ''
      return results.has(i) || isBlank ? (results.get(i) ?? null) : 'was passed over'
    })
  } catch (error) {
    return inputs.map(() => `threw ${(error as Error).stack}`.slice(0, 2000))
  } finally {
    await rm(folder, { recursive: true })
  }
}
