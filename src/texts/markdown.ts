/** Text from outside made harmless in Markdown: no mention, link, table break, command or hidden direction. */

// Control characters, bidirectional controls and invisible formatting: they can turn or hide the text around them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g
const LONGEST = 120

/** A name as a code span for a table's cell, where a pipe would end the cell even in code. */
export function codeCell(text: string, longest = LONGEST): string {
  return code(text, longest).replaceAll('|', '\\|')
}

/** A name as a code span: GitHub links nothing inside one. Longer names are cut at `longest` characters. */
export function code(text: string, longest = LONGEST): string {
  const seen = clip(text.replace(UNSEEN, ' ').trim() || '(no name)', longest)
  const runs = seen.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1)
  const pad = fence.length > 1 ? ' ' : ''
  return `${fence}${pad}${seen}${pad}${fence}`
}

/** A link whose address is one of http(s) and cannot break out; just the text where it is none. */
export function link(text: string, url: string | null): string {
  if (!url || !/^https?:\/\/[^\s<>()"'`|\\]+$/.test(url)) return text
  return `[${text}](${url})`
}

function clip(text: string, longest: number): string {
  const characters = [...text]
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : text
}

/** GitHub takes bodies of at most 65,536 characters; ours end well before, and say so. */
export function clipBody(body: string): string {
  const MOST = 60_000
  return body.length > MOST
    ? `${body.slice(0, MOST).replace(/\n[^\n]*$/, '')}\n\n(cut here: the rest does not fit)`
    : body
}
