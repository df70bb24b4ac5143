/** What the functions that build responses need: the stored state, the base addresses and the clock. */
import type { Repository, State } from '../state.ts'

/** One simulated GitHub: what it stores, where it answers and what time it is. */
export interface GitHubInstance {
  state: State
  /** REST base without a slash at the end, such as `http://127.0.0.1:4000/api/v3`. */
  api: string
  /** Base of the web pages, such as `http://127.0.0.1:4000`. */
  web: string
  /** The fake GitHub's clock, epoch ms. */
  now: () => number
}

/** The fake GitHub's present time as GitHub writes it: ISO 8601 in UTC, whole seconds. */
export function instant(github: GitHubInstance): string {
  return toInstant(github.now())
}

/** An epoch-millisecond value as GitHub writes it. */
export function toInstant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `owner/name`. */
export function fullName(repository: Repository): string {
  return `${repository.owner}/${repository.name}`
}

/** REST address of a repository. */
export function repositoryUrl(github: GitHubInstance, repository: Repository): string {
  return `${github.api}/repos/${fullName(repository)}`
}

/** An opaque GraphQL id that `parseNodeId` reads back. */
export function nodeId(kind: string, ...parts: (string | number)[]): string {
  return `${kind}_${Buffer.from(parts.join(':')).toString('base64url')}`
}

/** Parses an id made by `nodeId`; `null` for any other text. */
export function parseNodeId(id: string): null | { kind: string; parts: string[] } {
  const match = /^([A-Za-z]+)_([\w-]+)$/.exec(id)
  if (!match?.[1] || !match[2]) return null
  return { kind: match[1], parts: Buffer.from(match[2], 'base64url').toString('utf8').split(':') }
}

/** Finds a repository by its numeric id. */
export function repositoryById(state: State, id: number): Repository | null {
  for (const repository of state.repositories.values()) if (repository.id === id) return repository
  return null
}
