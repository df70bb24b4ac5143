/**
 * Regular expressions that any reader may type. RE2's engine matches them in time linear in the text, so that a pattern
 * such as `(a+)+$`, which hangs a backtracking engine, costs no more than any other. What remains is bounded here, to about
 * 100 ms a request.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js'

export type Matches = { matching: Set<string> } | { problem: string }

const MAX_CHARACTERS = 200
const MAX_TEXT_CHARACTERS = 500
/** Instructions of the compiled program. */
const MAX_PROGRAM_SIZE = 1000
const MAX_MATCHING_MS = 50
const TOO_COMPLEX = { problem: 'The filter is too complex. Use a simpler one.' }

/**
 * Finds the texts that a pattern matches anywhere, whatever the case.
 * @returns a sentence for the reader if the pattern is invalid, too long or too complex
 */
export function matchTexts(source: string, texts: readonly string[]): Matches {
  if (source.length > MAX_CHARACTERS)
    return { problem: `The filter is longer than ${MAX_CHARACTERS} characters.` }
  if (copies(source) * source.length > 5 * MAX_PROGRAM_SIZE) return TOO_COMPLEX
  try {
    const expression = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL)
    return expression.programSize() > MAX_PROGRAM_SIZE ? TOO_COMPLEX : matchAll(expression, texts)
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return { problem: problemOf(error) }
    throw error
  }
}

/** Into how many copies counts such as `{3}` multiply the most deeply nested part, at most. */
function copies(source: string): number {
  const counts = source.match(/(?<=\{[\d,]*)\d+(?=[\d,]*\})/g) ?? []
  return counts.reduce((product, count) => product * Math.max(1, Number(count)), 1)
}

function matchAll(expression: RE2JS, texts: readonly string[]): Matches {
  const deadline = performance.now() + MAX_MATCHING_MS
  const matching = new Set<string>()
  for (const text of texts) {
    if (performance.now() > deadline) return TOO_COMPLEX
    if (expression.test(text.slice(0, MAX_TEXT_CHARACTERS))) matching.add(text)
  }
  return { matching }
}

/** The engine's own words, without its copy of the pattern, which has flags that nobody typed. */
function problemOf(error: RE2JSSyntaxException): string {
  const [reason = ''] = error.message.replace(/^error parsing regexp: /, '').split(': `')
  return `The filter is not a valid regular expression: ${reason}.`
}
