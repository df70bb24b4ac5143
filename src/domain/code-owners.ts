/** Who owns a file according to CODEOWNERS: the last line whose pattern matches the path, as GitHub reads the file. */

import { matchesGlob } from './glob.ts'

/** Where GitHub looks for CODEOWNERS, in this order. */
export const CODE_OWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const

/** Logins and teams that own `path`, without `@`. E-mail addresses are left out: they cannot be mentioned. */
export function codeOwnersOf(text: string, path: string): string[] {
  let owners: string[] = []
  for (const line of text.split('\n')) {
    const [pattern, ...named] = line
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/)
    // A later line without owners removes the owners that an earlier one gave.
    if (pattern && matchesPattern(path, pattern)) owners = named
  }
  return owners.filter((owner) => owner.startsWith('@')).map((owner) => owner.slice(1))
}

/** Patterns are those of .gitignore, without `!` and `[ ]`, which GitHub does not support here. */
function matchesPattern(path: string, pattern: string): boolean {
  if (pattern.startsWith('!') || pattern.includes('[')) return false
  const isAnchored = pattern.slice(0, -1).includes('/')
  const bare = pattern.replace(/^\//, '')
  const names = bare.replace(/\/$/, '').split('/')
  const parts = path.split('/')
  const starts = isAnchored ? [0] : parts.map((_, i) => i)
  return starts.some((start) => matchesParts(parts.slice(start), names, bare))
}

function matchesParts(parts: readonly string[], names: readonly string[], pattern: string): boolean {
  const [name, ...rest] = names
  if (name === undefined) {
    // A folder's name matches everything below it, `docs/*` only its direct children, and `name/` no file of that name.
    if (parts.length === 0) return !pattern.endsWith('/')
    return !pattern.endsWith('/*')
  }
  if (name === '**') {
    if (rest.length === 0) return parts.length > 0
    return parts.some((_, i) => matchesParts(parts.slice(i), rest, pattern))
  }
  const [part, ...more] = parts
  return part !== undefined && matchesGlob(part, name) && matchesParts(more, rest, pattern)
}
