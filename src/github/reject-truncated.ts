/** Octokit returns a truncated JSON answer as text. A caller that looks for a list in it would find an empty one. */
import type { Octokit } from './client.ts'

/**
 * An Octokit plugin that turns an answer that should be JSON and is not into an error, as for a broken connection. So does the
 * HTML page of a proxy, except for GraphQL: some servers do not offer it, and callers handle that.
 */
export function rejectTruncated({ hook }: Pick<Octokit, 'hook'>): void {
  hook.after('request', ({ status, headers, data }, { url }) => {
    const type = headers['content-type'] ?? ''
    if (status !== 200 || typeof data !== 'string') return
    if (/\bhtml\b/.test(type) && !url.endsWith('/graphql'))
      throw broken('the answer is not JSON', 502, headers)
    // The text of a file has the type application/vnd.github.raw+json and is complete.
    if (/\bjson\b/.test(type) && !/\braw\b/.test(type)) throw broken('the answer was truncated', 500, headers)
  })
}

function broken(message: string, status: number, headers: object): Error {
  return Object.assign(new Error(message), { status, response: { headers } })
}
