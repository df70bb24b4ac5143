/** Pieces of HTML that every page uses. What comes from outside is escaped by the tagged template, always. */
import { html } from 'hono/html'
import { instantWords } from './dates.ts'

export type Html = ReturnType<typeof html>
export { html }

const LONG = 28

/** Text from outside: kept from turning the direction of what follows; what is long may break, and is clipped by the page. */
export function name(text: string): Html {
  return html`<bdi class="name${text.length > LONG ? ' long' : ''}" title="${text}">${text}</bdi>`
}

/** An instant, readable by people and programs. */
export function instant(iso: string): Html {
  return html`<time datetime="${iso}">${instantWords(iso)}</time>`
}

/** A table with a caption. A wide one scrolls in a box of its own; on a phone each row becomes a card with its labels. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly unknown[])[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="cards">
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td data-label="${label(head[i] ?? '')}">${cell}</td>`))}</tr>\n`)}</tbody>
</table></div>`
}

/** Before a cell on a phone; a question needs no colon. */
function label(head: string): string {
  return head.endsWith('?') ? head : `${head}:`
}

/** A link to a table as CSV; whoever reads with a screen reader hears which table. */
export function csvLink(path: string, what: string): Html {
  return html`<a class="csv" href="${path}">${what} as CSV</a>`
}

/** The path of a repository's page; `rest` is appended as it is. */
export function repositoryPath(fullName: string, rest = ''): string {
  return `/${fullName.split('/').map(encodeURIComponent).join('/')}${rest}`
}

/** A link to a pull request's own page here. */
export function pullRequestLink(fullName: string, number: number): Html {
  return html`<a href="${repositoryPath(fullName, `/pull/${number}`)}">#${number}</a>`
}

/** A link to a job's page here. */
export function jobLink(fullName: string, jobId: number, text: string): Html {
  return html`<a href="${repositoryPath(fullName, `/jobs/${jobId}`)}">${name(text)}</a>`
}

const TAIL = 16

/**
 * A link to a job's page in one line, however long the name: it is cut in the middle, since names of one family differ at
 * their ends. Text of other scripts is cut at its end, where no direction is broken.
 */
export function shortJobLink(fullName: string, jobId: number, text: string): Html {
  if (text.length <= 2 * TAIL || !/^[ -~]+$/.test(text)) return jobLink(fullName, jobId, text)
  const path = repositoryPath(fullName, `/jobs/${jobId}`)
  return html`<a href="${path}" aria-label="${text}"><bdi class="name middle" title="${text}"><span>${text.slice(0, -TAIL)}</span><span>${text.slice(-TAIL)}</span></bdi></a>`
}

/** A link to a flake's page here. */
export function flakeLink(fullName: string, headSha: string, jobId: number, text: string | Html): Html {
  return html`<a href="${repositoryPath(fullName, `/flakes/${headSha}/${jobId}`)}">${text}</a>`
}

/** A link to where somebody else says a thing happened; only the text where the address is not one of the web. */
export function outward(url: string | null, text: string | Html): Html {
  if (url === null || !/^https?:\/\/[^\s]+$/i.test(url)) return html`${text}`
  return html`<a href="${url}" rel="noopener noreferrer nofollow">${text}</a>`
}

/** Text of our own with Markdown's `**strong**` and `` `code` ``, as HTML; everything in it is escaped. */
export function fromMarkdown(text: string): Html {
  const parts = text.split(/(\*\*[^*]+\*\*|`[^`]+`)/)
  return html`${parts.map((part) => {
    if (part.startsWith('**')) return html`<strong>${part.slice(2, -2)}</strong>`
    if (part.startsWith('`')) return html`<code><bdi>${part.slice(1, -1)}</bdi></code>`
    return part
  })}`
}
