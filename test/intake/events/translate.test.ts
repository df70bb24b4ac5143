/** The table of events: what is ignored, what is refused and how, and that hostile text goes through unharmed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EVENTS, translate } from '../../../src/intake/events/translate.ts'
import {
  aDelivery,
  checkRunDelivery,
  commentDelivery,
  mergeGroupDelivery,
  pullRequestDelivery,
  pushDelivery,
  statusDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from '../../support/deliveries.ts'
import { at } from '../../support/facts.ts'

const tell = ({ id, name, payload }: Pick<TestDelivery, 'id' | 'name'> & { payload: unknown }) =>
  translate(payload, { guid: id, event: name, at: at(0) })

const DELIVERIES = [
  checkRunDelivery(),
  aDelivery('check_suite', {
    action: 'rerequested',
    check_suite: { id: 500, head_sha: 'a'.repeat(40), updated_at: at(0), app: { slug: 'github-actions' } },
  }),
  statusDelivery(),
  workflowRunDelivery(),
  aDelivery('workflow_job', {
    action: 'completed',
    workflow_job: {
      id: 42,
      head_sha: 'a'.repeat(40),
      runner_name: 'rack-7',
      runner_group_name: 'Default',
      completed_at: at(0),
    },
  }),
  pullRequestDelivery({ body: '/retest' }),
  commentDelivery(),
  commentDelivery({ kind: 'pull_request_review' }),
  commentDelivery({ kind: 'pull_request_review_comment' }),
  mergeGroupDelivery(),
  pushDelivery(),
  aDelivery('installation', { action: 'created', repositories: [{ id: 1, full_name: 'acme/one' }] }),
  aDelivery('installation_repositories', {
    action: 'added',
    repositories_added: [{ id: 1, full_name: 'acme/one' }],
  }),
  aDelivery('repository', { action: 'renamed', changes: { name: 'x' } }),
  aDelivery('branch_protection_rule', { action: 'edited', rule: { name: 'main' } }),
  aDelivery('repository_ruleset', { action: 'edited', repository_ruleset: { name: 'main' } }),
]

test('every event of the table is tried here', () => {
  expect(DELIVERIES.map((one) => one.name).sort()).toEqual(Object.keys(EVENTS).sort())
})

test.each(['create', 'ping', 'constructor', '__proto__', ''])('%j is not listened to', (name) => {
  expect(tell({ id: 'x', name, payload: {} })).toEqual({ outcome: 'ignored' })
})

describe.each(DELIVERIES)('$name', (delivery) => {
  test('tells facts', () => {
    expect(tell(delivery).outcome).toBe('facts')
  })

  test.each([
    [null],
    ['text'],
    [7],
    [[]],
    [{}],
    [{ repository: 'acme/widgets' }],
    [{ repository: { id: 0 } }],
  ])('with the payload %j is refused with a reason that a person can read', (payload) => {
    const told = tell({ ...delivery, payload })
    expect(told.outcome).toBe('rejected')
    if (told.outcome === 'rejected') expect(told.reason).toMatch(/^[\w. ]+: [A-Z]?[a-z]/)
  })

  test('refuses in words short enough to keep, whatever was in the payload', () => {
    const payload = { ...delivery.payload, repository: { id: 'x'.repeat(100_000), ['k'.repeat(100_000)]: 1 } }
    const told = tell({ ...delivery, payload })
    if (told.outcome !== 'facts') expect(JSON.stringify(told).length).toBeLessThan(1000)
  })

  test('never throws, whatever is in the place of any of its parts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, n) => {
        const paths = pathsOf(delivery.payload)
        const payload = structuredClone(delivery.payload)
        put(payload, paths[n % paths.length] ?? [], value)
        expect(['facts', 'ignored', 'rejected']).toContain(tell({ ...delivery, payload }).outcome)
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['NUL', 'a\u0000b'],
    ['a lone surrogate', 'a\ud800b'],
  ])('with %s anywhere tells nothing that the database cannot hold', (_name, text) => {
    for (const path of pathsOf(delivery.payload)) {
      const payload = structuredClone(delivery.payload)
      put(payload, path, text)
      const told = JSON.stringify(tell({ ...delivery, payload }))
      expect([path.join('.'), told]).not.toEqual([path.join('.'), expect.stringMatching(/\\u0000|\\ud800/)])
    }
  })

  test('with ten thousand characters, markup and bidirectional controls keeps them as they are', () => {
    const hostile = `<script>alert("x")</script>\u202e|\`\n${'x'.repeat(10_000)}`
    const payload = structuredClone(delivery.payload)
    const place = NAMES[delivery.name]
    if (!place) return
    put(payload, place, hostile)
    const told = tell({ ...delivery, payload })
    expect(told.outcome).toBe('facts')
    expect(JSON.stringify(told)).toContain(JSON.stringify(hostile))
  })
})

/** Where people choose the text. */
const NAMES: Record<string, string[]> = {
  check_run: ['check_run', 'name'],
  status: ['context'],
  workflow_run: ['workflow_run', 'path'],
  pull_request: ['pull_request', 'title'],
  repository: ['repository', 'full_name'],
}

type Tree = Record<string, unknown>

/** The way to every part of a payload. */
function pathsOf(value: unknown, here: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [here]
  const below = Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...here, key]))
  return here.length > 0 ? [here, ...below] : below
}

function put(payload: Tree, path: readonly string[], value: unknown): void {
  const last = path[path.length - 1]
  if (last === undefined) return
  let place = payload
  for (const key of path.slice(0, -1)) place = place[key] as Tree
  place[last] = value
}
