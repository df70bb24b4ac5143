/** Breaks JSON: a real payload with one or several of its parts missing, of another type, moved or hostile. */
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
    // Something that belongs elsewhere has the right look and the wrong meaning.
    const other = random.pick(places)
    parent[key] = structuredClone(other?.parent[other.key])
  } else define(parent, key, anyValue(random))
}

/** As JSON.parse does it: a key of the name `__proto__` is a key like any other. */
function define(parent: Tree, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Places of the outer levels first and more often: what is read lies there. */
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
