/** Which pull requests share code, so that one is no independent evidence about another: stacks, reverts and relands. */
import type { Kin } from './attribution.ts'

/** What GitHub says of a pull request that tells its kin. */
export interface Named {
  number: number
  title: string
  headRef: string | null
  baseRef: string | null
}

const REVERT = /^revert[:\s]+["“]?(.+?)["”]?$/i
const RELAND = /^(?:reland|re-land|reapply|unrevert)[:\s]+["“]?(.+?)["”]?$/i

/**
 * The kin of each pull request that has any. A stack is told by base branches that are other pull requests' heads,
 * through any number of steps; reverts and relands by titles as GitHub and people write them (`Revert "…"`, `Reland …`).
 */
export function kinOf(pullRequests: readonly Named[]): Map<number, Map<number, Kin>> {
  const kin = new Map<number, Map<number, Kin>>()
  const add = (a: number, b: number, how: Kin) => {
    if (a === b) return
    const known = kin.get(a) ?? new Map<number, Kin>()
    kin.set(a, known)
    if (!known.has(b)) known.set(b, how)
  }
  const byHead = new Map<string, Named>()
  for (const one of pullRequests) if (one.headRef !== null) byHead.set(one.headRef, one)
  for (const one of pullRequests) {
    for (const base of basesOf(one, byHead)) {
      add(one.number, base.number, 'base')
      add(base.number, one.number, 'top')
    }
  }
  for (const group of landings(pullRequests).values()) {
    for (const a of group) {
      for (const b of group) add(a.number, b.number, a.isRevert || b.isRevert ? 'revert' : 'reland')
    }
  }
  return kin
}

/** What it is stacked on, from the nearest down. */
function basesOf(one: Named, byHead: ReadonlyMap<string, Named>): Named[] {
  const found: Named[] = []
  let base = one.baseRef === null ? undefined : byHead.get(one.baseRef)
  // Two branches can be each other's base: the walk ends where it would repeat itself.
  while (base && base !== one && !found.includes(base)) {
    found.push(base)
    base = base.baseRef === null ? undefined : byHead.get(base.baseRef)
  }
  return found
}

/** Pull requests about one change, by its title: only groups with a revert or a reland in them. */
function landings(pullRequests: readonly Named[]): Map<string, { number: number; isRevert: boolean }[]> {
  const groups = new Map<string, { number: number; isRevert: boolean }[]>()
  const plain = new Map<string, number[]>()
  for (const { number, title } of pullRequests) {
    const { subject, reverts, repeats } = readTitle(title)
    if (repeats === 0) {
      const list = plain.get(subject)
      if (list) list.push(number)
      else plain.set(subject, [number])
      continue
    }
    const group = groups.get(subject) ?? []
    groups.set(subject, group)
    group.push({ number, isRevert: reverts % 2 === 1 })
  }
  for (const [subject, group] of groups) {
    for (const number of plain.get(subject) ?? []) group.push({ number, isRevert: false })
  }
  return groups
}

/** `Revert "Revert "x""` is about x, twice reverted: a reland. */
function readTitle(title: string): { subject: string; reverts: number; repeats: number } {
  let subject = title.trim()
  let reverts = 0
  for (let repeats = 0; ; repeats++) {
    const revert = REVERT.exec(subject)?.[1]
    const inner = revert ?? RELAND.exec(subject)?.[1]
    if (inner === undefined || repeats > 20) return { subject: subject.toLowerCase(), reverts, repeats }
    if (revert !== undefined) reverts++
    subject = inner.trim()
  }
}
