/**
 * What is known of a repository, from reports that arrive in any order and more than once. Every part keeps what makes it
 * independent of that order: the newest name, the newest times at which it was private and public, and the newest word on each
 * installation.
 */
import type { RepositoryFact } from './facts.ts'
import { compareText } from './order.ts'

/** What an installation of the app has to do with a repository. `deleted` is about the repository itself (installation 0). */
export interface Membership {
  installation_id: number
  /** RFC 3339. */
  changed_at: string
  state: RepositoryFact['membership']
}

/** A repository's row, and what is known about each installation. */
export interface RepositoryState {
  full_name: string
  default_branch: string | null
  /** Of the name and default branch; RFC 3339. */
  reported_at: string
  /** They come from the list of an installation event, which has no time of its own. */
  listed: boolean
  /** The newest time at which anything said that the repository is private; null if nothing did. */
  private_at: string | null
  /** The newest time at which something with a time of its own said that it is public; null if nothing did. */
  public_at: string | null
  memberships: Membership[]
}

/** Adds a report. @param state null for a repository that was never reported */
export function withReport(state: RepositoryState | null, report: RepositoryFact): RepositoryState {
  const { reported_at, timing, memberships, ...visibility } = {
    ...report,
    memberships: membershipsIn(report),
  }
  const isPublic = !visibility.private && timing === 'own'
  const said: RepositoryState = {
    full_name: report.full_name,
    default_branch: report.default_branch,
    reported_at,
    listed: timing === 'list',
    private_at: visibility.private ? reported_at : null,
    public_at: isPublic ? reported_at : null,
    memberships,
  }
  return state === null ? said : joined(state, said)
}

function joined(a: RepositoryState, b: RepositoryState): RepositoryState {
  const [newer, older] = compareNames(a, b) >= 0 ? [a, b] : [b, a]
  return {
    full_name: newer.full_name,
    default_branch: newer.default_branch ?? older.default_branch,
    reported_at: newer.reported_at,
    listed: newer.listed,
    private_at: later(a.private_at, b.private_at),
    public_at: later(a.public_at, b.public_at),
    memberships: b.memberships.reduce(withMembership, a.memberships),
  }
}

/** Names with a time of their own are better than listed ones, and then the newer; the text decides between equal times. */
function compareNames(a: RepositoryState, b: RepositoryState): number {
  return (
    Number(b.listed) - Number(a.listed) ||
    Date.parse(a.reported_at) - Date.parse(b.reported_at) ||
    compareText(a.full_name, b.full_name) ||
    compareText(a.default_branch ?? '', b.default_branch ?? '')
  )
}

function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return Date.parse(a) >= Date.parse(b) ? a : b
}

function membershipsIn({ installation_id, membership: state, changed_at }: RepositoryFact): Membership[] {
  if (state === 'deleted') return [{ installation_id: 0, changed_at, state }]
  return installation_id === null ? [] : [{ installation_id, changed_at, state }]
}

/** Later words of GitHub replace earlier ones. That an installation sent an event counts only while GitHub said nothing of it. */
function withMembership(known: Membership[], said: Membership): Membership[] {
  const other = known.find(({ installation_id }) => installation_id === said.installation_id)
  if (!other) return [...known, said]
  return compareMemberships(said, other) > 0
    ? known.map((member) => (member === other ? said : member))
    : known
}

function compareMemberships(a: Membership, b: Membership): number {
  const isWord = ({ state }: Membership) => Number(state !== 'seen')
  const time = Date.parse(a.changed_at) - Date.parse(b.changed_at)
  // Of the events that show an installation, the first is kept: the others say nothing new.
  if (isWord(a) + isWord(b) === 0) return -time
  return isWord(a) - isWord(b) || time || Number(isPresent(b)) - Number(isPresent(a))
}

const isPresent = ({ state }: Membership) => state === 'seen' || state === 'added'

/** Whether it is private. Only something with a time of its own makes it public again, and only if nothing newer says private. */
export function isPrivate({ private_at, public_at }: RepositoryState): boolean {
  return private_at !== null && (public_at === null || Date.parse(private_at) >= Date.parse(public_at))
}

/** The installation that holds the repository, and since when none does. A transfer is known from two installations, in any order. */
export function holderOf({ memberships }: RepositoryState): {
  installation_id: number | null
  removed_at: string | null
} {
  const byTime = memberships.toSorted(
    (a, b) => Date.parse(a.changed_at) - Date.parse(b.changed_at) || a.installation_id - b.installation_id,
  )
  const deleted = byTime.find(({ state }) => state === 'deleted')
  const isLater = ({ changed_at }: Membership) =>
    deleted === undefined || Date.parse(changed_at) > Date.parse(deleted.changed_at)
  const holder = byTime.findLast((member) => isPresent(member) && isLater(member))
  if (holder) return { installation_id: holder.installation_id, removed_at: null }
  const last = byTime.findLast((member) => !isPresent(member))
  const before = byTime.findLast(({ installation_id }) => installation_id > 0)
  return { installation_id: before?.installation_id ?? null, removed_at: last?.changed_at ?? null }
}

/** Whether a report says something of the repository's name or visibility that could not be believed: GitHub should be asked. */
export function isDoubtful(state: RepositoryState, report: RepositoryFact): boolean {
  if (!report.private && isPrivate(state) && report.timing !== 'own') return true
  return report.timing === 'list' && !state.listed && report.full_name !== state.full_name
}
