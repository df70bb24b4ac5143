/** Probot with a handler that does nothing: the minimum cost of an app built on it. Runs in its own process. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createNodeMiddleware, createProbot } from 'probot'

const middleware = await createNodeMiddleware((app) => app.on('check_run', async () => {}), {
  probot: createProbot({ overrides: { logLevel: 'fatal' } }),
  webhooksPath: '/api/github/webhooks',
})
const server = createServer((request, response) => {
  void middleware(request, response, () => response.writeHead(404).end())
})
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))
