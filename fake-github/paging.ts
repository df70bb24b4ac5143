/** Pagination with GitHub's `Link` header. Only the items on the page are converted. */
import { type Answer, type Call, Refusal } from './route.ts'
import { fullName, repositoryById } from './shapes/instance.ts'
import type { State } from './state.ts'

export interface PageOptions {
  /** Key of the list when GitHub wraps it with a `total_count`. */
  envelope?: string
  /** `total_count` when it differs from the length of the list. */
  total?: number
}

/** One page of `items`; `page` and `per_page` come from the query (30 by default, 100 at most). */
export function page<T>(
  call: Call,
  items: T[],
  shape: (item: T) => unknown,
  options: PageOptions = {},
): Answer {
  const size = Math.min(100, Math.max(1, wholeNumber(call, 'per_page', 30)))
  const number = Math.max(1, wholeNumber(call, 'page', 1))
  const last = Math.max(1, Math.ceil(items.length / size))
  const shaped = items.slice((number - 1) * size, number * size).map(shape)
  const link = linkHeader(call, number, last)
  const body = options.envelope
    ? { total_count: options.total ?? items.length, [options.envelope]: shaped }
    : shaped
  return { status: 200, body, ...(link && { headers: { link } }) }
}

function wholeNumber(call: Call, name: string, otherwise: number): number {
  const value = Number(call.query.get(name) ?? otherwise)
  if (!Number.isInteger(value)) throw new Refusal(422, `Invalid request. ${name} must be an integer.`)
  return value
}

function linkHeader(call: Call, number: number, last: number): string | null {
  const links: string[] = []
  const add = (to: number, rel: string) =>
    links.push(`<${pageUrl(call, { page: String(to) })}>; rel="${rel}"`)
  if (number > 1) add(Math.min(number - 1, last), 'prev')
  if (number < last) add(number + 1, 'next')
  if (number < last) add(last, 'last')
  if (number > 1) add(1, 'first')
  return links.length > 0 ? links.join(', ') : null
}

/** Address of the same list with other query values; GitHub names the repository by its id here. */
export function pageUrl(call: Call, change: Record<string, string>): string {
  const query = new URLSearchParams(call.query)
  for (const [name, value] of Object.entries(change)) query.set(name, value)
  return `${call.github.api}${byId(call)}?${query}`
}

function byId(call: Call): string {
  const match = /^\/repos\/([^/]+\/[^/]+)(.*)$/.exec(call.path)
  const repository = call.github.state.repositories.get((match?.[1] ?? '').toLowerCase())
  return repository ? `/repositories/${repository.id}${match?.[2] ?? ''}` : call.path
}

/** Replaces `/repositories/{id}` in a path by the repository's name. An unknown id stays. */
export function withName(path: string, state: State): string {
  const match = /^\/repositories\/(\d+)(\/.*)?$/.exec(path)
  if (!match) return path
  const repository = repositoryById(state, Number(match[1]))
  return repository ? `/repos/${fullName(repository)}${match[2] ?? ''}` : path
}
