/** Which pushes are heard: those that change the settings on the default branch. */
import { expect, test } from 'vitest'
import { push } from '../../../src/intake/events/push.ts'
import { type PushOptions, pushDelivery } from '../../support/deliveries.ts'
import { at } from '../../support/facts.ts'

const read = (options: PushOptions = {}) => push(pushDelivery(options).payload, { at: at(5) })

test('a change of the settings on the default branch has them read', () => {
  expect(read().outbox).toMatchObject([
    { kind: 'settings', task_key: `settings:${'e'.repeat(40)}`, due_at: at(5) },
  ])
})

test.each([
  ['another file', { modified: ['README.md'] }],
  ['a tag', { ref: 'refs/tags/main' }],
  ['a branch that goes', { after: '0'.repeat(40) }],
])('%s tells nothing', (_, options) => {
  expect(read(options)).toEqual({})
})

test('a push of more commits than GitHub lists may have changed them', () => {
  const { payload } = pushDelivery({ modified: [] })
  const commits = Array.from({ length: 2048 }, () => ({ added: [], modified: [], removed: [] }))
  expect(push({ ...payload, commits }, { at: at(5) }).outbox).toHaveLength(1)
})

test('a push to another branch tells its files, and asks for nothing', () => {
  const { payload } = pushDelivery({ ref: 'refs/heads/topic', modified: ['src/b.ts', 'src/a.ts'] })
  expect(push({ ...payload, created: true }, { at: at(5) })).toEqual({
    branch_push: [expect.objectContaining({ ref: 'topic', created: true, files: ['src/a.ts', 'src/b.ts'] })],
  })
  const commits = Array.from({ length: 20 }, () => ({ added: ['x'], modified: [], removed: [] }))
  const [many] = push({ ...payload, commits }, { at: at(5) }).branch_push ?? []
  expect(many?.files).toBeNull()
})
