/** Splits long lists into pages, with links that need no script. */
import { type Html, html } from './html.ts'

export interface PageOf<T> {
  shown: T[]
  /** From 1. */
  page: number
  pages: number
}

/** One page of a list, counted from 1. An invalid page number gives the first page. */
export function pageOf<T>(all: readonly T[], page: string | undefined, size: number): PageOf<T> {
  const pages = Math.max(1, Math.ceil(all.length / size))
  const asked = Number(page)
  const at = Number.isInteger(asked) && asked >= 1 && asked <= pages ? asked : 1
  return { shown: all.slice((at - 1) * size, at * size), page: at, pages }
}

/** Links to the previous and next page; empty if there is only one. @param path the address without `page` */
export function pageLinks(
  { page, pages }: Pick<PageOf<unknown>, 'page' | 'pages'>,
  path: string,
): Html | string {
  if (pages === 1) return ''
  const link = (to: number, words: string) => html`<a href="${path}?page=${to}">${words}</a>`
  return html`<nav aria-label="Pages"><p>${page > 1 ? html`${link(page - 1, 'Previous')} ` : ''}Page ${page} of ${pages} ${page < pages ? link(page + 1, 'Next') : ''}</p></nav>`
}
