/**
 * Which pull requests share code, so that one is not independent evidence about another: stacks, reverts, relands and
 * backports.
 */
import type { Relation } from './evidence.ts'

/** What GitHub says about a pull request that can relate it to others. */
export interface PullRequestRefs {
  number: number
  title: string
  headRef: string | null
  baseRef: string | null
}

const REVERT = /^revert[:\s]+["“]?(.+?)["”]?$/i
const RELAND = /^(?:reland|re-land|reapply|unrevert)[:\s]+["“]?(.+?)["”]?$/i
/** Titles of a change brought to another branch, as people, Kubernetes' cherry-pick script and Mergify write them. */
const BACKPORTS = [
  /^\[(?:backport|release|v?\d)[^\]]*\](.+)/i,
  /^backport(?: of)?[:\s]+(?:#\d+[:\s]+)?["“]?(.+?)["”]?$/i,
  /^automated cherry.?pick of (?:#\d+[,\s]*)+:(.+)/i,
  /^(.+)\((?:backport|cherry.?pick(?:ed)?)\s[^()]*#\d+\)$/i,
]
/** A branch that more pull requests than this target is a trunk of its own, not the base of a stack. */
export const MAX_STACKED = 10
/** Nested prefixes of a title that are read; more are taken as part of the subject. */
const MAX_PREFIXES = 20

/**
 * The related pull requests of each one that has any. Stacks follow base branches that are other pull requests' head
 * branches, over any number of levels. Reverts, relands and backports are recognized by their titles (`Revert "…"`,
 * `Reland …`, `[release-1.2] …`).
 */
export function relatedOf(pullRequests: readonly PullRequestRefs[]): Map<number, Map<number, Relation>> {
  const related = new Map<number, Map<number, Relation>>()
  const add = (a: number, b: number, relation: Relation) => {
    if (a === b) return
    const relations = related.get(a) ?? new Map<number, Relation>()
    related.set(a, relations)
    if (!relations.has(b)) relations.set(b, relation)
  }
  const byHead = stackableHeads(pullRequests)
  for (const pullRequest of pullRequests) {
    for (const base of basesOf(pullRequest, byHead)) {
      add(pullRequest.number, base.number, 'base')
      add(base.number, pullRequest.number, 'top')
    }
  }
  for (const group of sameChange(pullRequests)) {
    for (const a of group) {
      for (const b of group) add(a.number, b.number, a.isRevert || b.isRevert ? 'revert' : 'reland')
    }
  }
  return related
}

/** Pull requests by head branch, without branches that too many pull requests target. */
function stackableHeads(pullRequests: readonly PullRequestRefs[]): Map<string | null, PullRequestRefs> {
  const onto = Map.groupBy(pullRequests, ({ baseRef }) => baseRef)
  const heads = new Map<string | null, PullRequestRefs>()
  for (const pullRequest of pullRequests) {
    const { headRef } = pullRequest
    if (headRef !== null && (onto.get(headRef)?.length ?? 0) <= MAX_STACKED) heads.set(headRef, pullRequest)
  }
  return heads
}

/** The pull requests below this one in its stack, nearest first; in a loop of branches also itself. */
function basesOf(
  pullRequest: PullRequestRefs,
  byHead: ReadonlyMap<string | null, PullRequestRefs>,
): PullRequestRefs[] {
  const bases: PullRequestRefs[] = []
  let base = byHead.get(pullRequest.baseRef)
  // Two branches can be each other's base: stop where the walk would repeat itself.
  while (base && !bases.includes(base)) {
    bases.push(base)
    base = byHead.get(base.baseRef)
  }
  return bases
}

interface Landing {
  number: number
  subject: string
  isRevert: boolean
  isOriginal: boolean
}

/** Groups of pull requests about one change, by title. Equal titles alone do not relate: one must be more than that. */
function sameChange(pullRequests: readonly PullRequestRefs[]): Landing[][] {
  const landings = pullRequests.map(({ number, title }): Landing => {
    const { subject, reverts, repeats } = readTitle(title)
    return { number, subject, isRevert: reverts % 2 === 1, isOriginal: repeats === 0 }
  })
  const groups = [...Map.groupBy(landings, ({ subject }) => subject).values()]
  return groups
    .filter((group) => group.some(({ isOriginal }) => !isOriginal))
    .map((group) => group.toSorted((a, b) => Number(a.isOriginal) - Number(b.isOriginal)))
}

/** What a title is about. */
export interface TitleSubject {
  /** In lower case, without prefixes and quotes. */
  subject: string
  reverts: number
  /** Reverts, relands and backports together; 0 for an original change. */
  repeats: number
}

/** Reads a title. `Revert "Revert "x""` is about x, reverted twice, which lands x again. */
export function readTitle(title: string): TitleSubject {
  let subject = title.trim()
  let reverts = 0
  for (let repeats = 0; ; repeats++) {
    const reverted = REVERT.exec(subject)?.[1]
    const inner = reverted ?? RELAND.exec(subject)?.[1] ?? backportedBy(subject)
    if (inner === undefined || repeats > MAX_PREFIXES)
      return { subject: subject.toLowerCase(), reverts, repeats }
    if (reverted !== undefined) reverts++
    subject = inner.trim()
  }
}

function backportedBy(title: string): string | undefined {
  for (const pattern of BACKPORTS) {
    const subject = pattern.exec(title)?.[1]
    if (subject !== undefined) return subject
  }
  return undefined
}
