/** A server in front of the fake GitHub that has other manners than GitHub: other pages, fewer headers and fields, less to tell. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { FakeGitHub } from '../../fake-github/fake-github.ts'

export interface Manners {
  /** Gives no more entries of a list at once. */
  mostPerPage?: number
  /** Headers that are kept; all others are left out. */
  headers?: readonly string[]
  /** Fields that are nowhere. */
  without?: readonly string[]
  /** Answers with a status, and nothing of what was asked for. */
  refuses?: { path: RegExp; status: number }[]
  /** Answers 502 where GraphQL is asked for more pull requests at once. */
  slowAbove?: number
  /** Changes what GraphQL answers. */
  graphql?: (body: { data: unknown }) => unknown
}

/** Starts it for the test. @returns the base address of its REST API */
export async function startOtherManners(fakeGitHub: FakeGitHub, manners: Manners): Promise<string> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', fakeGitHub.web)
    const refused = manners.refuses?.find((refusal) => refusal.path.test(url.pathname))
    if (refused)
      return void response
        .writeHead(refused.status, { 'content-type': 'application/json' })
        .end('{"message": "Not here"}')
    if (manners.mostPerPage && url.searchParams.has('per_page'))
      url.searchParams.set('per_page', String(manners.mostPerPage))
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const sentBody = Buffer.concat(parts).toString()
    const first = Number(/"first":(\d+)/.exec(sentBody)?.[1] ?? 0)
    if (manners.slowAbove && first > manners.slowAbove) return void response.writeHead(502).end()
    const answer = await fetch(url, {
      method: request.method ?? 'GET',
      headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
      ...(sentBody && { body: sentBody }),
    })
    const text = await answer.text()
    if (text === '') return void response.writeHead(answer.status).end()
    const parsed: unknown = JSON.parse(text, (key, value: unknown) =>
      manners.without?.includes(key) ? undefined : value,
    )
    const isGraphql = url.pathname.endsWith('/graphql')
    const body = isGraphql && manners.graphql ? manners.graphql(parsed as { data: unknown }) : parsed
    const kept = [...answer.headers].filter(([name]) => (manners.headers ?? [name]).includes(name))
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
