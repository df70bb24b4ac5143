/** Reads the names of jobs in commands. A name may contain spaces, so a command is compared with the jobs that exist. */

/** A name in backquotes, or a word. Prow separates words by spaces. */
const WORD = /`+([^`]+)`+|[^ ]+/g

/** The words of a command, names in backquotes as one word; a word that begins with `#` starts a remark, which is left out. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  for (const [word, quoted] of text.matchAll(WORD)) {
    if (word.startsWith('#')) break
    words.push(quoted?.trim() ?? word)
  }
  return words
}

/** The text before a remark: before a `#` outside backquotes that starts a word. */
export function beforeRemark(text: string): string {
  for (const { 0: word, index } of text.matchAll(/`+[^`]+`+|[^\t ]+/g))
    if (word.startsWith('#')) return text.slice(0, index).trim()
  return text.trim()
}

/** The name in backquotes with which a text begins; null without one. */
export function quotedName(text: string): string | null {
  return /^`+([^`]+)`+/.exec(text)?.[1]?.trim() || null
}

/** The job that a whole text can name: all of it, or what is before a remark. */
export function possibleNames(text: string): string[] {
  return [...new Set([text.trim(), beforeRemark(text)])].filter((name) => name !== '')
}

/**
 * The jobs that the text after `/test ` names. A text that is the full name of a job means that job. Otherwise each word is a
 * name, as in Prow: cut at white space other than spaces, and without a trailing comma. Prow starts a job that is named in a
 * remark too; here a remark is for people.
 * @param jobNames the jobs that exist, as far as known
 */
export function testedNames(text: string, jobNames: ReadonlySet<string>): string[] {
  const whole = possibleNames(text).find((name) => jobNames.has(name))
  if (whole !== undefined) return [whole]
  return wordsOf(text)
    .map((word) => word.replace(/[\t\f\r].*/s, '').replace(/,$/, ''))
    .filter((name) => !['', ',', 'all', '?'].includes(name))
}
