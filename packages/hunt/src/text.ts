/** Text for people: names from outside made harmless in Markdown, and counted nouns. */

// Control characters, bidirectional controls and invisible formatting: they can reverse or hide the text around them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g
const MAX_LENGTH = 120

/** A name as a code span for a table cell, where a pipe would end the cell even inside code. */
export function codeCell(text: string, maxLength = MAX_LENGTH): string {
  return code(text, maxLength).replaceAll('|', '\\|')
}

/** A name as a code span, in which GitHub renders no link or mention. Cut at `maxLength` characters. */
export function code(text: string, maxLength = MAX_LENGTH): string {
  const visible = clip(text.replace(INVISIBLE, ' ').trim() || '(no name)', maxLength)
  const runs = visible.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1)
  const pad = fence.length > 1 ? ' ' : ''
  return `${fence}${pad}${visible}${pad}${fence}`
}

function clip(text: string, maxLength: number): string {
  const characters = [...text]
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : text
}

/** `1 flake`, `2 flakes`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? singular : plural}`
}
