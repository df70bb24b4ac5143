/** Octokit takes an answer that was cut off for a text. Whoever looks for a list in it finds none, and believes it. */
import type { Octokit } from './client.ts'

/**
 * An Octokit plugin: an answer that is said to be JSON and is none, or a page of a proxy, fails as a broken connection does.
 * Pages in GraphQL's place are left to who asks: some servers have none there.
 */
export function rejectTruncated({ hook }: Pick<Octokit, 'hook'>): void {
  hook.after('request', ({ status, headers, data }, { url }) => {
    const said = headers['content-type'] ?? ''
    if (status !== 200 || typeof data !== 'string') return
    if (/\bhtml\b/.test(said) && !url.endsWith('/graphql'))
      throw broken('the answer is no JSON', 502, headers)
    // The texts of files come as application/vnd.github.raw+json, and are whole as they are.
    if (/\bjson\b/.test(said) && !/\braw\b/.test(said)) throw broken('the answer was cut off', 500, headers)
  })
}

function broken(message: string, status: number, headers: object): Error {
  return Object.assign(new Error(message), { status, response: { headers } })
}
