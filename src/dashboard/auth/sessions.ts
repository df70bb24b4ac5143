/** Sessions: a signed cookie names a session, which stores the person's encrypted token. Names rotate every hour. */
import { parseSigned, serializeSigned } from 'hono/utils/cookie'
import type { Db } from '../../db/schema.ts'
import { addSession, endSession, endSoon, findSession } from '../../db/sessions.ts'
import { hashOf, keyFor, newSecret, seal, unseal } from './secrets.ts'

export interface Viewer {
  userId: number
  login: string
  token: string
  /** SHA-256 of the session's name. */
  session: string
  startedAt: number
  expiresAt: number
}

export interface SessionOptions {
  db: Db
  /** Epoch ms. */
  now: () => number
  secret: string
  /** Whether the site is served over HTTPS; if so, cookies are sent over HTTPS only. */
  isSecure: boolean
}

const MAX_MS = 8 * 3_600_000
const ROTATE_MS = 3_600_000
// Requests in flight still carry the old name.
const OVERLAP_MS = 60_000

/** The cookie's name. Browsers accept a `__Host-` cookie only from this host and over HTTPS. */
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
  const latest = now() + MAX_MS
  const expiresAt = Math.min(latest, person.expiresAt ?? latest)
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

/** The signed-in person; null if the cookie is missing, forged, expired or signed with another secret. */
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

/** Renames a session that is an hour old. @returns the Set-Cookie header; null if the session is younger */
export async function rotate(options: SessionOptions, viewer: Viewer): Promise<string | null> {
  const now = options.now()
  if (now - viewer.startedAt < ROTATE_MS || viewer.expiresAt - now <= OVERLAP_MS) return null
  const { userId, login, token, expiresAt } = viewer
  const cookie = await startSession(options, { userId, login, token, expiresAt })
  await endSession(options.db, viewer.session, new Date(now + OVERLAP_MS).toISOString())
  return cookie
}

/** Ends a session. @returns the Set-Cookie header that deletes the cookie */
export async function stopSession(options: SessionOptions, viewer: Viewer | null): Promise<string> {
  if (viewer) {
    const now = options.now()
    const at = new Date(now).toISOString()
    await endSession(options.db, viewer.session, at)
    // Its previous name, still accepted for requests in flight, must end too.
    await endSoon(options.db, viewer.userId, { at, before: new Date(now + OVERLAP_MS).toISOString() })
  }
  return setCookie(options, 'session', '', 0)
}

/** A signed cookie that is hidden from scripts and not sent with cross-site POST requests. @param maxAge seconds */
export function setCookie(
  { secret, isSecure }: Pick<SessionOptions, 'secret' | 'isSecure'>,
  what: 'session' | 'state',
  value: string,
  maxAge: number,
): Promise<string> {
  const attributes = { path: '/', httpOnly: true, sameSite: 'Lax', secure: isSecure, maxAge } as const
  return serializeSigned(cookieName(isSecure, what), value, keyFor(secret, 'cookie'), attributes)
}

/** The value of a signed cookie; null if it is missing or its signature is invalid. */
export async function readCookie(request: Request, name: string, secret: string): Promise<string | null> {
  const header = request.headers.get('cookie')
  if (!header) return null
  const value = (await parseSigned(header, keyFor(secret, 'cookie'), name))[name]
  return value ? value : null
}
