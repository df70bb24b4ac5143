/** The path to return to after signing in: always on this site. */

const OF_ONE_SLASH = /^\/(?![/\\])/
const HERE = 'http://here.invalid'

/** `path` if it is on this site, else `/`. It must start with exactly one slash: `//host` and `/\host` are other hosts. */
export function returnPath(path: string | null | undefined): string {
  if (!path || !OF_ONE_SLASH.test(path) || path.length > 2000) return '/'
  try {
    const url = new URL(path, HERE)
    const isAuth = url.pathname.startsWith('/auth/')
    // Checked again after resolving: `/..//host` becomes `//host`.
    const isOnThisSite = url.origin === HERE && OF_ONE_SLASH.test(url.pathname) && !isAuth
    return isOnThisSite ? `${url.pathname}${url.search}` : '/'
  } catch {
    return '/'
  }
}
