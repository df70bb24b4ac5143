/** Who owns a file by CODEOWNERS: the last line whose pattern fits the path, as GitHub reads the file. */

import { matchesGlob } from './glob.ts'

/** Where GitHub looks for the file, in this order. */
export const CODE_OWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const

/** Logins and teams that own `path`, without `@`; e-mail addresses are left out, nobody could be told by them. */
export function codeOwnersOf(text: string, path: string): string[] {
  let owners: string[] = []
  for (const line of text.split('\n')) {
    const [pattern, ...named] = line
      .replace(/(^|\s)#.*$/, '')
      .trim()
      .split(/\s+/)
    // A later line without owners takes the path from the owners of an earlier one.
    if (pattern && fits(path, pattern)) owners = named
  }
  return owners.filter((one) => one.startsWith('@')).map((one) => one.slice(1))
}

/** Patterns as in .gitignore, but for `!` and `[ ]`, which GitHub does not know here. */
function fits(path: string, pattern: string): boolean {
  if (pattern.startsWith('!') || pattern.includes('[')) return false
  const isAnchored = pattern.slice(0, -1).includes('/')
  const bare = pattern.replace(/^\//, '')
  const names = bare.replace(/\/$/, '').split('/')
  const parts = path.split('/')
  const starts = isAnchored ? [0] : parts.map((_, i) => i)
  return starts.some((start) => fitsFrom(parts.slice(start), names, bare))
}

function fitsFrom(parts: readonly string[], names: readonly string[], pattern: string): boolean {
  const [name, ...rest] = names
  if (name === undefined) {
    // A folder's name stands for all in it; `docs/*` for what lies in it directly; `name/` for no file of that name.
    if (parts.length === 0) return !pattern.endsWith('/')
    return !pattern.endsWith('/*')
  }
  if (name === '**') {
    if (rest.length === 0) return parts.length > 0
    return parts.some((_, i) => fitsFrom(parts.slice(i), rest, pattern))
  }
  const [part, ...more] = parts
  return part !== undefined && matchesGlob(part, name) && fitsFrom(more, rest, pattern)
}
