/** HTML building blocks of all pages. The tagged template escapes everything that comes from outside. */
import { html } from 'hono/html'
import { instantWords } from './dates.ts'

export type Html = ReturnType<typeof html>
export { html }

const LONG = 28

/** Text from outside. `<bdi>` isolates its writing direction; long text may wrap and is clipped by the style sheet. */
export function name(text: string): Html {
  return html`<bdi class="name${text.length > LONG ? ' long' : ''}" title="${text}">${text}</bdi>`
}

/** An instant (RFC 3339) as a `<time>` element. */
export function instant(iso: string): Html {
  return html`<time datetime="${iso}">${instantWords(iso)}</time>`
}

/** A table with a caption. A wide table scrolls; on a phone each row becomes a card with labels. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly unknown[])[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="cards">
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td data-label="${label(head[i] ?? '')}">${cell}</td>`))}</tr>\n`)}</tbody>
</table></div>`
}

/** The label of a cell on a phone. A question needs no colon. */
function label(head: string): string {
  return head.endsWith('?') ? head : `${head}:`
}

/** A link to a table as CSV. Its text names the table, for screen readers. */
export function csvLink(path: string, what: string): Html {
  return html`<a class="csv" href="${path}">${what} as CSV</a>`
}

/** The path of a repository's page; `rest` is appended unescaped. */
export function repositoryPath(fullName: string, rest = ''): string {
  return `/${fullName.split('/').map(encodeURIComponent).join('/')}${rest}`
}

/** A link to a pull request's page on this dashboard. */
export function pullRequestLink(fullName: string, number: number): Html {
  return html`<a href="${repositoryPath(fullName, `/pull/${number}`)}">#${number}</a>`
}

/** A link to a job's page. */
export function jobLink(fullName: string, jobId: number, text: string): Html {
  return html`<a href="${repositoryPath(fullName, `/jobs/${jobId}`)}">${name(text)}</a>`
}

const TAIL = 16

/**
 * A link to a job's page that fits on one line. A long name is cut in the middle, because similar names differ at their
 * ends. Non-ASCII text is cut at its end instead, to keep its writing direction.
 */
export function shortJobLink(fullName: string, jobId: number, text: string): Html {
  if (text.length <= 2 * TAIL || !/^[ -~]+$/.test(text)) return jobLink(fullName, jobId, text)
  const path = repositoryPath(fullName, `/jobs/${jobId}`)
  return html`<a href="${path}" aria-label="${text}"><bdi class="name middle" title="${text}"><span>${text.slice(0, -TAIL)}</span><span>${text.slice(-TAIL)}</span></bdi></a>`
}

/** A link to a flake's page. */
export function flakeLink(fullName: string, headSha: string, jobId: number, text: string | Html): Html {
  return html`<a href="${repositoryPath(fullName, `/flakes/${headSha}/${jobId}`)}">${text}</a>`
}

/** A link to another site; only the text if the address is not an HTTP address. */
export function externalLink(url: string | null, text: string | Html): Html {
  if (url === null || !/^https?:\/\/[^\s]+$/i.test(url)) return html`${text}`
  return html`<a href="${url}" rel="noopener noreferrer nofollow">${text}</a>`
}

/** Renders our own Markdown (`**strong**` and `` `code` `` only) as escaped HTML. */
export function fromMarkdown(text: string): Html {
  const parts = text.split(/(\*\*[^*]+\*\*|`[^`]+`)/)
  return html`${parts.map((part) => {
    if (part.startsWith('**')) return html`<strong>${part.slice(2, -2)}</strong>`
    if (part.startsWith('`')) return html`<code><bdi>${part.slice(1, -1)}</bdi></code>`
    return part
  })}`
}
