/** A proxy to the fake GitHub that behaves like another GitHub server: smaller pages, fewer headers and fields, refusals. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { FakeGitHub } from '../../fake-github/fake-github.ts'

export interface ServerVariant {
  /** Maximum number of entries on a page. */
  maxPerPage?: number
  /** The headers of a response that are kept. All by default. */
  headers?: readonly string[]
  /** Fields that are left out of every response. */
  without?: readonly string[]
  /** Paths that are answered with a status and an error. */
  refuses?: { path: RegExp; status: number }[]
  /** Answers 502 to a GraphQL query for more pull requests than this at once. */
  slowAbove?: number
  /** Changes REST responses. */
  rest?: (body: unknown, url: URL) => unknown
  /** Changes GraphQL responses. */
  graphql?: (body: { data: unknown }) => unknown
}

/** Starts the proxy until the end of the test. @returns the base address of its REST API */
export async function startServerVariant(fakeGitHub: FakeGitHub, variant: ServerVariant): Promise<string> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', fakeGitHub.web)
    const refused = variant.refuses?.find((refusal) => refusal.path.test(url.pathname))
    if (refused)
      return void response
        .writeHead(refused.status, { 'content-type': 'application/json' })
        .end('{"message": "Not here"}')
    if (variant.maxPerPage && url.searchParams.has('per_page'))
      url.searchParams.set('per_page', String(variant.maxPerPage))
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const sentBody = Buffer.concat(parts).toString()
    const first = Number(/"first":(\d+)/.exec(sentBody)?.[1] ?? 0)
    if (variant.slowAbove && first > variant.slowAbove) return void response.writeHead(502).end()
    const answer = await fetch(url, {
      method: request.method ?? 'GET',
      headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
      ...(sentBody && { body: sentBody }),
    })
    const text = await answer.text()
    if (text === '') return void response.writeHead(answer.status).end()
    const parsed: unknown = JSON.parse(text, (key, value: unknown) =>
      variant.without?.includes(key) ? undefined : value,
    )
    const isGraphql = url.pathname.endsWith('/graphql')
    const body = isGraphql
      ? (variant.graphql?.(parsed as { data: unknown }) ?? parsed)
      : (variant.rest?.(parsed, url) ?? parsed)
    const kept = [...answer.headers].filter(([name]) => (variant.headers ?? [name]).includes(name))
    const headers = { ...Object.fromEntries(kept), 'content-type': 'application/json' }
    for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'connection'])
      Reflect.deleteProperty(headers, name)
    response.writeHead(answer.status, headers).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`
}
