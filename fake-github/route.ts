/** The types of the route table and its handlers, and helpers for handlers. */
import type { GitHubInstance } from './shapes/instance.ts'
import type { Access, Installation, Repository, Token } from './state.ts'

/** Who is calling: the app by its own token, an installation, a person, or nobody. */
export type Actor =
  | { kind: 'app' }
  | { kind: 'installation'; installation: Installation; token: Token }
  | { kind: 'user'; login: string; token: Token }
  | { kind: 'anonymous' }

export interface Incoming {
  method: string
  /** Path below the REST base. */
  path: string
  query: URLSearchParams
  params: Record<string, string>
  header: (name: string) => string | undefined
  text: string
}

export interface Call {
  github: GitHubInstance
  actor: Actor
  /** Decoded path parameters. */
  params: Record<string, string>
  query: URLSearchParams
  body: Record<string, unknown>
  /** The `Accept` header, for raw files. */
  accept: string
  /** Path below the REST base, for `Link` headers. */
  path: string
  /** Records a violation. */
  complain: (violation: string) => void
  /** Redelivers a webhook in the background and records the new delivery. */
  redeliver: (deliveryId: number) => void
}

export interface Answer {
  status: number
  /** Absent for 204. A string is sent unchanged, anything else as JSON. */
  body?: unknown
  headers?: Record<string, string>
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Path template as in GitHub's description, such as `/repos/{owner}/{repo}`. */
  path: string
  /** Installation permissions, any of which allows the operation. */
  needs?: [string, Access][]
  /** Who may call: `app` needs the app's JWT; `open` and `free` need no authentication and cost no rate limit. */
  who?: 'app' | 'user' | 'installation' | 'signed-in' | 'open' | 'free'
  /** Whether it is missing from GitHub's REST description, as GraphQL and the web sign-in are. */
  undescribed?: boolean
  handle: (call: Call) => Answer | Promise<Answer>
}

/** Thrown by handlers to respond with one of GitHub's errors. */
export class Refusal extends Error {
  readonly status: number
  readonly more: Record<string, unknown>
  readonly headers: Record<string, string>
  constructor(
    status: number,
    message: string,
    more: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(message)
    this.status = status
    this.more = more
    this.headers = headers
  }
}

/** 404 as GitHub words it. */
export function notFound(): Refusal {
  return new Refusal(404, 'Not Found')
}

/** 422 naming one field of a resource; `code` is one of GitHub's words such as `missing_field`. */
export function invalid(resource: string, field: string, code: string): Refusal {
  return new Refusal(422, 'Validation Failed', { errors: [{ resource, field, code }] })
}

/** The repository in the path. @throws {Refusal} 301 after a rename, 404 when the caller may not see it */
export function repositoryOf(call: Call): Repository {
  const key = `${call.params.owner}/${call.params.repo}`.toLowerCase()
  const repository = call.github.state.repositories.get(key)
  if (repository) {
    if (!canSee(call.actor, repository)) throw notFound()
    return repository
  }
  const moved = call.github.state.formerNames.get(key)
  if (moved === undefined) throw notFound()
  const rest = call.path.split('/').slice(4).join('/')
  const url = `${call.github.api}/repositories/${moved}${rest ? `/${rest}` : ''}`
  throw new Refusal(301, 'Moved Permanently', { url }, { location: url })
}

/** Whether the caller may see the repository. */
export function canSee(actor: Actor, repository: Repository): boolean {
  if (!repository.private) return true
  if (actor.kind === 'installation') return covers(actor, repository)
  if (actor.kind !== 'user') return false
  const role = repository.permissions.get(actor.login.toLowerCase())
  return (
    repository.owner.toLowerCase() === actor.login.toLowerCase() || (role !== undefined && role !== 'none')
  )
}

/** Whether the installation token includes the repository. */
export function covers(actor: Actor, repository: Repository): boolean {
  if (actor.kind !== 'installation') return false
  const { installation, token } = actor
  if (installation.account.toLowerCase() !== repository.owner.toLowerCase()) return false
  if (token.repositoryIds && !token.repositoryIds.includes(repository.id)) return false
  if (installation.repositories === 'all') return true
  const full = `${repository.owner}/${repository.name}`.toLowerCase()
  return installation.repositories.some((name) => name.toLowerCase() === full)
}

/** An integer parameter of the path. @throws {Refusal} 404 otherwise */
export function numberParam(call: Call, name: string): number {
  const value = Number(call.params[name])
  if (!Number.isInteger(value)) throw notFound()
  return value
}

/** A text field of the body, or `undefined`. */
export function textField(call: Call, name: string): string | undefined {
  const value = call.body[name]
  return typeof value === 'string' ? value : undefined
}

/** The login that the caller writes as. */
export function writerOf(call: Call): { user: string; byApp: boolean } {
  if (call.actor.kind === 'user') return { user: call.actor.login, byApp: false }
  return { user: `${call.github.state.app.slug}[bot]`, byApp: true }
}
