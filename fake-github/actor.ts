/** Who is calling: the app by its own token, an installation, a person, or nobody. */
import { type Actor, covers, Refusal, type Route } from './route.ts'
import type { Access, Repository, State } from './state.ts'

/**
 * Reads the `Authorization` header. `now` is epoch ms.
 * @throws {Refusal} 401 for an unknown, expired or malformed credential, 403 for a suspended installation
 */
export function readActor(state: State, header: string | undefined, now: number): Actor {
  if (!header || /^basic /i.test(header)) return { kind: 'anonymous' }
  const secret = header.replace(/^(bearer|token)\s+/i, '')
  if (secret.split('.').length === 3) return readAppToken(state, secret, now)
  const token = state.tokens.get(secret)
  if (!token || token.expiresAt <= now) throw new Refusal(401, 'Bad credentials')
  if (token.kind === 'user') return { kind: 'user', login: token.login ?? 'ghost', token }
  const installation = state.installations.get(token.installationId ?? -1)
  if (!installation) throw new Refusal(401, 'Bad credentials')
  if (installation.suspendedAt) throw new Refusal(403, 'This installation has been suspended')
  return { kind: 'installation', installation, token }
}

function readAppToken(state: State, jwt: string, now: number): Actor {
  const claims = decodeClaims(jwt)
  if (!claims) throw new Refusal(401, 'A JSON web token could not be decoded')
  const issuer = String(claims.iss)
  if (issuer !== String(state.app.id) && issuer !== state.app.clientId) {
    throw new Refusal(404, 'Integration not found')
  }
  const { exp } = claims
  if (typeof exp !== 'number' || exp * 1000 <= now) {
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    )
  }
  if (exp * 1000 > now + 11 * 60_000) {
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
  }
  return { kind: 'app' }
}

function decodeClaims(jwt: string): null | { iss?: unknown; exp?: unknown } {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims ? claims : null
  } catch {
    return null
  }
}

const RANK: Record<Access, number> = { read: 1, write: 2, admin: 3 }

/**
 * Checks that the caller may use the operation.
 * @throws {Refusal} 401 without the right kind of credential, 403 when the installation lacks the permission or the repository
 */
export function authorize(route: Route, actor: Actor, repository: Repository | null): void {
  if (route.who === 'open' || route.who === 'free') return
  if (route.who === 'app') {
    if (actor.kind !== 'app') throw new Refusal(401, 'A JSON web token could not be decoded')
    return
  }
  if (route.who === 'user' && actor.kind !== 'user') throw new Refusal(401, 'Requires authentication')
  if (route.who === 'installation' && actor.kind !== 'installation') {
    throw new Refusal(403, 'You must authenticate with an installation access token')
  }
  const writes = route.method !== 'GET'
  if (actor.kind === 'anonymous' && writes) throw new Refusal(401, 'Requires authentication')
  if (actor.kind === 'app') throw new Refusal(403, 'Resource not accessible by integration')
  if (actor.kind !== 'installation' || !route.needs) return
  if (repository && !covers(actor, repository)) {
    if (!writes && !repository.private) return
    throw new Refusal(403, 'Resource not accessible by integration')
  }
  if (!route.needs.some(([name, access]) => grants(actor.token.permissions, name, access))) {
    throw new Refusal(403, 'Resource not accessible by integration')
  }
}

/** Whether the permissions include at least `access` for `name`. */
export function grants(permissions: Record<string, Access>, name: string, access: Access): boolean {
  const held = permissions[name]
  return held !== undefined && RANK[held] >= RANK[access]
}
