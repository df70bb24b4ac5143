/** Pieces of HTML that every page uses. What comes from outside is escaped by the tagged template, always. */
import { html } from 'hono/html'
import { instantWords } from './dates.ts'

export type Html = ReturnType<typeof html>
export { html }

/** Text from outside: kept from turning the direction of what follows, and clipped by the page when it is long. */
export function name(text: string): Html {
  return html`<bdi class="name" title="${text}">${text}</bdi>`
}

/** An instant, readable by people and programs. */
export function instant(iso: string): Html {
  return html`<time datetime="${iso}">${instantWords(iso)}</time>`
}

/** A table with a caption, in a box of its own that scrolls when the screen is narrow. */
export function table(
  caption: string,
  head: readonly (string | Html)[],
  rows: readonly (readonly unknown[])[],
): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>\n`)}</tbody>
</table></div>`
}

/** The path of a repository's page; `rest` is appended as it is. */
export function repositoryPath(fullName: string, rest = ''): string {
  return `/${fullName.split('/').map(encodeURIComponent).join('/')}${rest}`
}

/** A link to a pull request's own page here. */
export function pullRequestLink(fullName: string, number: number): Html {
  return html`<a href="${repositoryPath(fullName, `/pull/${number}`)}">#${number}</a>`
}
