/** Which accounts are robots. */
import { expect, test } from 'vitest'
import { botsAmong, isBot } from '../../src/domain/bot.ts'
import { EVENTS } from '../../src/intake/events/translate.ts'
import { commentDelivery } from '../support/deliveries.ts'
import { at } from '../support/facts.ts'

test.each<[string, string | null, boolean]>([
  ['octocat', 'User', false],
  ['whatever', 'Bot', true],
  ['renovate[bot]', 'User', true],
  ['k8s-ci-robot', 'User', true],
  ['Acme-Bot', null, true],
  ['strimzi-ci', 'User', true],
  ['istio-testing', 'User', true],
  ['robot-tester', 'User', true],
  ['talbot', 'User', false],
  ['robotnik', 'User', false],
  ['ci-fan', 'User', false],
  ['bot-lover', 'User', false],
  ['testing', 'User', false],
  ['x-ci-person', 'User', false],
])('the login %s of type %s is a robot: %s', (login, type, expected) => {
  expect(isBot({ login, type })).toBe(expected)
})

test('the setting names further robots, in any case, and makes no robot a person', () => {
  const isRobot = botsAmong(['Merge-Helper', '@queue'])
  expect(isRobot({ login: 'merge-helper', isBot: false })).toBe(true)
  expect(isRobot({ login: 'Queue', isBot: false })).toBe(true)
  expect(isRobot({ login: 'octocat', isBot: false })).toBe(false)
  expect(isRobot({ login: 'renovate[bot]', isBot: true })).toBe(true)
})

test('a comment of a robot that is a GitHub user is recorded as that of a robot, and its commands are not obeyed', () => {
  const { name, payload } = commentDelivery({ author: 'acme-robot', body: '/retest\n/flake-report' })
  const facts = EVENTS[name]?.(payload, { guid: 'x', event: name, at: at(0) })
  expect(facts?.comment).toMatchObject([
    { author: 'acme-robot', author_is_bot: true, body: '/retest\n/flake-report' },
  ])
  expect(facts?.outbox).toBeUndefined()
})
