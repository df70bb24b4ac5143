/** Octokit takes an answer that was cut off for a text. Whoever looks for a list in it finds none, and believes it. */
import type { Octokit } from './client.ts'

/** An Octokit plugin: an answer that is said to be JSON and is none, or a page of a proxy, fails as a broken connection does. */
export function refuseBroken({ hook }: Pick<Octokit, 'hook'>): void {
  hook.after('request', ({ status, headers, data }) => {
    if (
      status !== 200 ||
      typeof data !== 'string' ||
      !/\b(?:json|html)\b/.test(headers['content-type'] ?? '')
    )
      return
    // The texts of files come as application/vnd.github.raw+json, and are whole as they are.
    if (/\braw\b/.test(headers['content-type'] ?? '')) return
    throw Object.assign(new Error('the answer was cut off'), { status: 500, response: { headers } })
  })
}
