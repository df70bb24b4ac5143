/** Real payloads, as the community collected them: none may be refused, and none may crash anything. */
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { EVENTS, translate } from '../../../src/intake/events/translate.ts'

interface Definition {
  name: string
  examples: { action?: string }[]
}

const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as Definition[]
const received = (event: string) => ({ guid: 'example', event, at: '2026-02-02T09:00:00.000Z' })

test('there are examples of most events that the app listens to', () => {
  const names = new Set(definitions.map((one) => one.name))
  const without = Object.keys(EVENTS).filter((event) => !names.has(event))
  expect(without).toEqual(['repository_ruleset'])
})

describe.each(definitions)('$name', ({ name, examples }) => {
  test(`is read or ignored, never refused (${examples.length} examples)`, () => {
    const refused = examples
      .map((payload) => ({ action: payload.action, ...translate(payload, received(name)) }))
      .filter((told) => told.outcome === 'rejected')
    expect(refused).toEqual([])
  })

  test('is ignored exactly when the app does not listen to it', () => {
    const outcomes = new Set(examples.map((payload) => translate(payload, received(name)).outcome))
    if (!Object.hasOwn(EVENTS, name)) expect([...outcomes]).toEqual(['ignored'])
    else expect(outcomes.has('rejected')).toBe(false)
  })

  test('without any one of its parts is read, ignored or refused with a reason', () => {
    for (const payload of examples) {
      for (const part of Object.keys(payload)) {
        const told = translate({ ...payload, [part]: undefined }, received(name))
        if (told.outcome === 'rejected') expect(told.reason).toMatch(/^[a-z_.0-9]+: \S/i)
      }
    }
  })
})
