import { expect, test } from 'vitest'
import { translate } from '../../../src/intake/events/translate.ts'

const received = { guid: 'g', event: 'check_suite', at: '2026-02-02T09:00:00.000Z' }

function factsOf(action: string, suite: object = {}) {
  const check_suite = {
    id: 500,
    head_sha: 'a'.repeat(40),
    updated_at: '2026-02-02T08:59:00Z',
    app: { slug: 'github-actions' },
    ...suite,
  }
  const sender = { login: 'octocat', type: 'User' }
  const result = translate(
    { action, repository: { id: 1, full_name: 'acme/web' }, check_suite, sender },
    received,
  )
  return result.outcome === 'facts' ? result.facts : result.outcome
}

test('"Re-run all checks" is a request to run every job of the app again', () => {
  expect(factsOf('rerequested')).toEqual({
    rerun_request: [
      {
        repository_id: 1,
        head_sha: 'a'.repeat(40),
        run_key: `suite:500:${Date.parse('2026-02-02T08:59:00Z') / 1000}`,
        app: 'github-actions',
        name: null,
        actor: 'octocat',
        actor_is_bot: false,
        reported_at: '2026-02-02T08:59:00.000Z',
      },
    ],
  })
})

test.each([
  ['that completed', 'completed', {}],
  ['that was requested', 'requested', {}],
  ['without a time', 'rerequested', { updated_at: null }],
])('a suite %s has no facts', (_what, action, suite) => {
  expect(factsOf(action, suite)).toBe('ignored')
})

test('a suite that was made before it was updated has the time of its creation', () => {
  const facts = factsOf('rerequested', { updated_at: null, created_at: '2026-02-02T08:00:00Z' })
  expect(facts).toMatchObject({ rerun_request: [{ reported_at: '2026-02-02T08:00:00.000Z' }] })
})
