/** Makes outside text harmless in Markdown: it cannot mention, link, break a table, give a command or change text direction. */

import { code } from '@flake-sla/hunt/text'

export { code, codeCell } from '@flake-sla/hunt/text'

const MAX_BODY = 60_000

/** A link, or only the text when the URL is not http(s) or holds a character that could end the link. */
export function link(text: string, url: string | null): string {
  if (!url || !/^https?:\/\/[^\s<>()"'`|\\]+$/.test(url)) return text
  return `[${text}](${url})`
}

/** A job's name without the control characters that a terminal would obey. */
export function plain(name: string): string {
  return code(name).replace(/^`+ ?| ?`+$/g, '')
}

/** Cuts a body at MAX_BODY characters, at the end of a line, and says so. GitHub's limit is 65,536. */
export function clipBody(body: string): string {
  return body.length > MAX_BODY
    ? `${body.slice(0, MAX_BODY).replace(/\n[^\n]*$/, '')}\n\n(cut here: the text is too long for GitHub)`
    : body
}
