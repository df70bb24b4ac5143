/** A failed page tells people and programs what happened in their own format; the details go to the log. */
import { expect, test, vi } from 'vitest'
import { dashboard } from '../../src/dashboard/app.ts'
import type { DashboardDeps } from '../../src/dashboard/deps.ts'
import { openDatabase } from '../../src/db/client.ts'

/** A dashboard whose database is unreachable, or broken. */
async function broken(how: 'unavailable' | 'wrong') {
  const { db } = await openDatabase('postgres://nobody@127.0.0.1:1/none')
  const wrong = new Proxy({}, { get: () => () => ({}) }) as DashboardDeps['db']
  const onError = vi.fn()
  const app = dashboard({
    ...{
      db: how === 'unavailable' ? db : wrong,
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
  '%s answers 503 while the database is unavailable, and writes nothing to the console',
  async (path) => {
    const consoleError = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { get, onError } = await broken('unavailable')
    const answer = await get(path)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('30')
    expect(answer.headers.get('cache-control')).toBe(
      path.startsWith('/api/') ? 'private, no-cache' : 'no-store',
    )
    expect(await answer.text()).toContain('The database is unavailable.')
    expect(onError).toHaveBeenCalledOnce()
    expect(consoleError).not.toHaveBeenCalled()
    consoleError.mockRestore()
  },
)

test('a page that fails answers 500 without details', async () => {
  const { get, onError } = await broken('wrong')
  const answer = await get('/')
  expect(answer.status).toBe(500)
  expect(await answer.text()).toContain('Internal error; see the server log.')
  expect(onError.mock.calls[0]?.[0]).toBeInstanceOf(TypeError)
})
