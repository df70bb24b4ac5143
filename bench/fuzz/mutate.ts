/** Mutates JSON: parts of a real payload are removed, moved, or replaced by other types or hostile values. */
import type { Random } from '../../src/simulate/random.ts'
import { anyValue } from './values.ts'

type Tree = Record<string, unknown>
interface Place {
  parent: Tree
  key: string
}

/** A copy of `value` with at least one part changed. */
export function mutate(value: object, random: Random): object {
  const copy = structuredClone(value) as Tree
  do {
    const places = placesIn(copy)
    const place = random.pick(places)
    if (!place) return copy
    change(place, places, random)
  } while (random.chance(0.25))
  return copy
}

function change({ parent, key }: Place, places: readonly Place[], random: Random): void {
  const kind = random.next()
  if (kind < 0.2) delete parent[key]
  else if (kind < 0.3) parent[key] = null
  else if (kind < 0.4) {
    // A value from another place looks right and means something else.
    const other = random.pick(places)
    parent[key] = structuredClone(other?.parent[other.key])
  } else define(parent, key, anyValue(random))
}

/** Sets a key like JSON.parse, which treats `__proto__` as an ordinary key. */
function define(parent: Tree, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Places to change, outer levels more often, because the program reads those. */
function placesIn(tree: Tree): Place[] {
  const places: Place[] = []
  const walk = (parent: Tree, depth: number) => {
    for (const key of Object.keys(parent)) {
      places.push({ parent, key })
      const part = parent[key]
      if (depth < 4 && typeof part === 'object' && part !== null) walk(part as Tree, depth + 1)
    }
  }
  walk(tree, 0)
  return places
}
