/** Who asks: a signed cookie names a session, the session holds the person's token, and its name changes as it ages. */
import { parseSigned, serializeSigned } from 'hono/utils/cookie'
import type { Db } from '../../db/schema.ts'
import { addSession, endSession, endSoon, findSession } from '../../db/sessions.ts'
import { hashOf, keyFor, newSecret, seal, unseal } from './secrets.ts'

export interface Viewer {
  userId: number
  login: string
  token: string
  /** Hash of the session's name. */
  session: string
  startedAt: number
  expiresAt: number
}

export interface SessionOptions {
  db: Db
  /** Epoch ms. */
  now: () => number
  secret: string
  /** Whether people come by HTTPS: cookies then travel by nothing else. */
  isSecure: boolean
}

const MAX_MS = 8 * 3_600_000
const ROTATE_MS = 3_600_000
// Requests under way still carry the old name.
const OVERLAP_MS = 60_000

/** The cookie's name: browsers let `__Host-` ones be set by this very host over HTTPS alone. */
export function cookieName(isSecure: boolean, what: 'session' | 'state'): string {
  return `${isSecure ? '__Host-' : ''}flake-sla-${what}`
}

/** Starts a session. @returns the Set-Cookie header */
export async function startSession(
  options: SessionOptions,
  person: { userId: number; login: string; token: string; expiresAt: number | null },
): Promise<string> {
  const { db, now, secret } = options
  const name = newSecret()
  const longest = now() + MAX_MS
  const expiresAt = Math.min(longest, person.expiresAt ?? longest)
  await addSession(
    db,
    {
      session_hash: hashOf(name),
      user_id: person.userId,
      login: person.login,
      token: seal(secret, person.token),
      created_at: new Date(now()).toISOString(),
      expires_at: new Date(expiresAt).toISOString(),
    },
    new Date(now()).toISOString(),
  )
  return setCookie(options, 'session', name, Math.ceil((expiresAt - now()) / 1000))
}

/** The person whose cookie a request carries; null for none, a forged, an ended or another installation's. */
export async function readViewer(
  { db, now, secret, isSecure }: SessionOptions,
  request: Request,
): Promise<Viewer | null> {
  const name = await readCookie(request, cookieName(isSecure, 'session'), secret)
  if (!name) return null
  const row = await findSession(db, hashOf(name), new Date(now()).toISOString())
  const token = row && unseal(secret, row.token)
  if (!row || token === null) return null
  return {
    userId: row.user_id,
    login: row.login,
    token,
    session: row.session_hash,
    startedAt: Date.parse(row.created_at),
    expiresAt: Date.parse(row.expires_at),
  }
}

/** Gives an hour-old session a new name. @returns the Set-Cookie header, or null while it is young */
export async function rotate(options: SessionOptions, viewer: Viewer): Promise<string | null> {
  const now = options.now()
  if (now - viewer.startedAt < ROTATE_MS || viewer.expiresAt - now <= OVERLAP_MS) return null
  const { userId, login, token, expiresAt } = viewer
  const cookie = await startSession(options, { userId, login, token, expiresAt })
  await endSession(options.db, viewer.session, new Date(now + OVERLAP_MS).toISOString())
  return cookie
}

/** Ends a session now. @returns the Set-Cookie header that takes the cookie away */
export async function stopSession(options: SessionOptions, viewer: Viewer | null): Promise<string> {
  if (viewer) {
    const now = options.now()
    const at = new Date(now).toISOString()
    await endSession(options.db, viewer.session, at)
    // The name that it had until a moment ago is good for requests under way, and for nothing after a sign-out.
    await endSoon(options.db, viewer.userId, { at, before: new Date(now + OVERLAP_MS).toISOString() })
  }
  return setCookie(options, 'session', '', 0)
}

/** A signed cookie that scripts cannot read and other sites cannot send along with a change. */
export function setCookie(
  { secret, isSecure }: Pick<SessionOptions, 'secret' | 'isSecure'>,
  what: 'session' | 'state',
  value: string,
  maxAge: number,
): Promise<string> {
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure, maxAge } as const
  return serializeSigned(cookieName(isSecure, what), value, keyFor(secret, 'cookie'), attributes)
}

/** What a signed cookie holds; null where there is none, or its signature is not ours. */
export async function readCookie(request: Request, name: string, secret: string): Promise<string | null> {
  const header = request.headers.get('cookie')
  if (!header) return null
  const value = (await parseSigned(header, keyFor(secret, 'cookie'), name))[name]
  return value ? value : null
}
