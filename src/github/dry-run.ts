/** DRY_RUN: a client that reads, and logs what it would write instead of writing it. */
import type { Octokit } from './client.ts'

/** Thrown instead of a write. It ends a task that cannot continue without the write. */
export class WouldWrite extends Error {
  override name = 'WouldWrite'
}

/** Makes a client log every write and throw WouldWrite instead of sending it. */
export function refuseWrites(
  octokit: Octokit,
  log: { info(fields: object, message: string): void },
): Octokit {
  octokit.hook.before(
    'request',
    ({ method, url, baseUrl: _base, headers: _headers, request: _request, ...body }) => {
      const isQuery = url === '/graphql' && !/^\s*mutation\b/.test(String(body.query))
      const isRead = method === 'GET' || method === 'HEAD' || isQuery
      // Reading needs a token, and creating one is a POST.
      if (isRead || /\/access_tokens$/.test(url)) return
      log.info({ method, url, body }, 'dry run: this would be written')
      throw new WouldWrite(`dry run: would ${method} ${url}`)
    },
  )
  return octokit
}
