/**
 * Whether a text matches a glob: `*` matches any text, slashes included, and `?` one character. Everything else
 * matches itself. Backtracks only to the last star, so the time is at most the product of both lengths.
 */
export function matchesGlob(text: string, glob: string): boolean {
  let at = 0
  let g = 0
  let afterStar = -1
  let resumeAt = 0
  while (at < text.length) {
    if (glob[g] === '*') {
      afterStar = ++g
      resumeAt = at
    } else if (glob[g] === '?' || glob[g] === text[at]) {
      g++
      at++
    } else if (afterStar >= 0) {
      g = afterStar
      at = ++resumeAt
    } else {
      return false
    }
  }
  while (glob[g] === '*') g++
  return g === glob.length
}
