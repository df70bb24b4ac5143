/** Text from outside made harmless in Markdown: no mention, link, table break, command or hidden direction. */

export { code, codeCell } from '@flake-sla/hunt/text'

/** A link whose address is one of http(s) and cannot break out; just the text where it is none. */
export function link(text: string, url: string | null): string {
  if (!url || !/^https?:\/\/[^\s<>()"'`|\\]+$/.test(url)) return text
  return `[${text}](${url})`
}

/** GitHub takes bodies of at most 65,536 characters; ours end well before, and say so. */
export function clipBody(body: string): string {
  const MOST = 60_000
  return body.length > MOST
    ? `${body.slice(0, MOST).replace(/\n[^\n]*$/, '')}\n\n(cut here: the rest does not fit)`
    : body
}
