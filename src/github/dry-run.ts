/** DRY_RUN: a client that reads, and says what it would write instead of writing it. */
import type { Octokit } from './client.ts'

/** Thrown in place of a write; not an error, but the end of what can be tried without writing. */
export class WouldWrite extends Error {
  override name = 'WouldWrite'
}

/** Makes a client refuse every write with WouldWrite, and log what it would have sent. */
export function refuseWrites(
  octokit: Octokit,
  log: { info(fields: object, message: string): void },
): Octokit {
  octokit.hook.before(
    'request',
    ({ method, url, baseUrl: _base, headers: _headers, request: _request, ...body }) => {
      const isQuery = url === '/graphql' && !/^\s*mutation\b/.test(String(body.query))
      const isRead = method === 'GET' || method === 'HEAD' || isQuery
      // Tokens are how reading becomes possible at all.
      if (isRead || /\/access_tokens$/.test(url)) return
      log.info({ method, url, body }, 'dry run: this would be written')
      throw new WouldWrite(`dry run: would ${method} ${url}`)
    },
  )
  return octokit
}
