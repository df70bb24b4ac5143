/** Where a person goes after signing in: a path of this site, never an address of another. */

const OF_ONE_SLASH = /^\/(?![/\\])/
const HERE = 'http://here.invalid'

/** `path` if it is one of ours, else the root. A path may begin with one slash only: `//host` and `/\host` are hosts. */
export function returnPath(path: string | null | undefined): string {
  if (!path || !OF_ONE_SLASH.test(path) || path.length > 2000) return '/'
  try {
    const url = new URL(path, HERE)
    const isAuth = url.pathname.startsWith('/auth/')
    // Looked at again once it is resolved: of `/..//host` only `//host` is left.
    const isOurs = url.origin === HERE && OF_ONE_SLASH.test(url.pathname) && !isAuth
    return isOurs ? `${url.pathname}${url.search}` : '/'
  } catch {
    return '/'
  }
}
