/** The database is away, or a page is broken: people and programs are told in their language, the operator in the log. */
import { expect, test, vi } from 'vitest'
import { dashboard } from '../../src/dashboard/app.ts'
import type { DashboardDeps } from '../../src/dashboard/deps.ts'
import { openDatabase } from '../../src/db/client.ts'

/** A dashboard whose database is at a port where nobody listens, or none at all. */
async function broken(how: 'away' | 'wrong') {
  const { db } = await openDatabase('postgres://nobody@127.0.0.1:1/none')
  const wrong = new Proxy({}, { get: () => () => ({}) }) as DashboardDeps['db']
  const onError = vi.fn()
  const app = dashboard({
    ...{
      db: how === 'away' ? db : wrong,
      now: () => 0,
      publicUrl: null,
      githubUrl: 'https://github.com',
      onError,
    },
    settingsOf: () => Promise.reject(new Error('not asked for')),
  })
  return { get: (path: string) => app.request(path), onError }
}

test.each(['/', '/status', '/acme/widgets', '/metrics', '/badge/acme/widgets.svg', '/api/v1/repositories'])(
  '%s says that the database is away, with 503, and leaves nothing on the console',
  async (path) => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { get, onError } = await broken('away')
    const answer = await get(path)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('30')
    expect(answer.headers.get('cache-control')).toBe(
      path.startsWith('/api/') ? 'private, no-cache' : 'no-store',
    )
    expect(await answer.text()).toContain('The database cannot be reached.')
    expect(onError).toHaveBeenCalledOnce()
    expect(said).not.toHaveBeenCalled()
    said.mockRestore()
  },
)

test('a page that is broken is 500, in a sentence that gives nothing away', async () => {
  const { get, onError } = await broken('wrong')
  const answer = await get('/')
  expect(answer.status).toBe(500)
  expect(await answer.text()).toContain('Something went wrong here.')
  expect(onError.mock.calls[0]?.[0]).toBeInstanceOf(TypeError)
})
