/**
 * Which pull requests share code, so that one is no independent evidence about another: stacks, reverts, relands
 * and backports.
 */
import type { Relation } from './attribution.ts'

/** What GitHub says of a pull request that tells its related. */
export interface Named {
  number: number
  title: string
  headRef: string | null
  baseRef: string | null
}

const REVERT = /^revert[:\s]+["“]?(.+?)["”]?$/i
const RELAND = /^(?:reland|re-land|reapply|unrevert)[:\s]+["“]?(.+?)["”]?$/i
/** As people, Kubernetes' cherry-pick script and Mergify name a change brought to another branch. */
const PORTS = [
  /^\[(?:backport|release|v?\d)[^\]]*\]\s*(.+)$/i,
  /^backport(?: of)?[:\s]+(?:#\d+[:\s]+)?["“]?(.+?)["”]?$/i,
  /^automated cherry.?pick of (?:#\d+[,\s]*)+:\s*(.+)$/i,
  /^(.+?)\s*\((?:backport|cherry.?pick(?:ed)?(?: from| of)?)\s+(?:#\d+|[^()]*#\d+)\)$/i,
]
/** A branch that more pull requests than this go to is a trunk of its own, not somebody's stack. */
export const MAX_STACKED = 10

/**
 * The related of each pull request that has any. A stack is told by base branches that are other pull requests' heads,
 * through any number of steps; reverts, relands and backports by titles as GitHub and people write them (`Revert "…"`,
 * `Reland …`, `[release-1.2] …`).
 */
export function relatedOf(pullRequests: readonly Named[]): Map<number, Map<number, Relation>> {
  const related = new Map<number, Map<number, Relation>>()
  const add = (a: number, b: number, how: Relation) => {
    if (a === b) return
    const known = related.get(a) ?? new Map<number, Relation>()
    related.set(a, known)
    if (!known.has(b)) known.set(b, how)
  }
  const byHead = headsOf(pullRequests)
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
  return related
}

/** Head branches that others can be stacked on. */
function headsOf(pullRequests: readonly Named[]): Map<string, Named> {
  const onto = new Map<string, number>()
  for (const { baseRef } of pullRequests)
    if (baseRef !== null) onto.set(baseRef, (onto.get(baseRef) ?? 0) + 1)
  const heads = new Map<string, Named>()
  for (const one of pullRequests) {
    if (one.headRef !== null && (onto.get(one.headRef) ?? 0) <= MAX_STACKED) heads.set(one.headRef, one)
  }
  return heads
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

/**
 * What a title is about: `Revert "Revert "x""` is about x, twice reverted, which is a reland. The subject is in lower case;
 * `repeats` counts the words around it.
 */
export function readTitle(title: string): { subject: string; reverts: number; repeats: number } {
  let subject = title.trim()
  let reverts = 0
  for (let repeats = 0; ; repeats++) {
    const revert = REVERT.exec(subject)?.[1]
    const inner = revert ?? RELAND.exec(subject)?.[1] ?? portOf(subject)
    if (inner === undefined || repeats > 20) return { subject: subject.toLowerCase(), reverts, repeats }
    if (revert !== undefined) reverts++
    subject = inner.trim()
  }
}

function portOf(title: string): string | undefined {
  for (const port of PORTS) {
    const subject = port.exec(title)?.[1]
    if (subject !== undefined) return subject
  }
  return undefined
}
