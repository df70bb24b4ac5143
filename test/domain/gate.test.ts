/** Which jobs are gates: from the table of known ones, and from what their results follow. */
import { describe, expect, test } from 'vitest'
import type { PullRequestEvent } from '../../src/domain/facts.ts'
import { actsIn, followedActs, gatesAmong, looksLikeGate } from '../../src/domain/gate.ts'
import { knownGate } from '../../src/domain/known-gates.ts'
import type { Outcome } from '../../src/domain/reading.ts'
import type { Request } from '../../src/domain/request.ts'
import { aComment, aPullRequest, aRun, at, ms, UNIT } from '../support/facts.ts'

describe('a known gate', () => {
  test.each([
    ['EasyCLA', ''],
    ['license/cla', ''],
    ['cla/google', 'google-cla'],
    ['anything', 'linux-foundation-easycla'],
    ['DCO', 'dco'],
    ['Semantic Pull Request', ''],
    ['WIP', 'wip'],
    ['policy-bot: main', ''],
    ['Mergify Merge Protections', 'mergify'],
    ['codecov/patch', ''],
    ['codecov/project/backend', 'codecov'],
    ['Vercel', ''],
    ['netlify/docs/deploy-preview', ''],
    ['label checker', 'github-actions'],
  ])('is %s', (name, app) => {
    expect(knownGate({ name, app })?.why).toMatch(/^known to state: \w/)
  })

  test.each([
    ['unit', 'github-actions'],
    ['e2e / clause', 'github-actions'],
    ['claims-service', ''],
    ['build-wip-image', ''],
    ['dcode', ''],
    ['Summary', 'github-actions'],
    ['pull-title-service-unit', ''],
    ['deploy', 'github-actions'],
  ])('is not %s', (name, app) => {
    expect(knownGate({ name, app })).toBeNull()
  })
})

test.each([
  ['check-changelog', true],
  ['PR Labels', true],
  ['pr_title', true],
  ['approved by owners', true],
  ['unit', false],
  ['labelling-service', false],
  ['subtitle-render', false],
])('the name %s suggests a gate: %s', (name, expected) => {
  expect(looksLikeGate(name)).toBe(expected)
})

test('a learned gate says what its changes followed', () => {
  const gateOf = gatesAmong([
    { job_id: 1, followed: 'a label', changes: 1 },
    { job_id: 2, followed: 'a label, an edit', changes: 3 },
  ])
  const why = (job_id: number) => gateOf({ name: 'changelog', app: 'github-actions', job_id })?.why
  expect(why(1)).toBe(
    'its only change of result followed a label within 10 minutes, and it never ran for 30 s',
  )
  expect(why(2)).toBe(
    'each of its 3 changes of result followed a label, an edit within 10 minutes, and it never ran for 30 s',
  )
  expect(why(3)).toBeUndefined()
  expect(gateOf({ name: 'changelog', app: '' })).toBeNull()
})

describe('what people did to a pull request', () => {
  const acts = (events: PullRequestEvent[], comments: Parameters<typeof actsIn>[1] = []) =>
    actsIn(events, comments, {
      isCommand: ({ body }) => body.startsWith('/'),
      isBot: ({ author_is_bot }) => author_is_bot,
    }).map(({ what }) => what)

  test.each([
    ['edited', ['an edit']],
    ['labeled', ['a label']],
    ['unlabeled', ['a label']],
    ['opened', []],
    ['synchronize', []],
    ['closed', []],
    ['reopened', []],
  ])('by the event %s is %j', (action, expected) => {
    expect(acts([aPullRequest({ action })])).toEqual(expected)
  })

  test('by comments and reviews, except commands and those of robots', () => {
    const comments = [
      aComment({ body: '' }),
      aComment({ kind: 'review', body: '' }),
      aComment({ kind: 'review_comment', body: '' }),
      aComment({ kind: 'body', body: '' }),
      aComment({ body: '/retest' }),
      aComment({ body: '', author_is_bot: true }),
    ]
    expect(acts([], comments)).toEqual(['a comment', 'a review', 'a review'])
  })
})

describe('a change of outcome', () => {
  const runs = (...outcomes: Outcome[]) =>
    outcomes.map((outcome, i) => aRun({ outcome, minute: 20 * (i + 1), suiteId: 500 + i }))
  const act = (minute: number, number = 7, what = 'an edit') => ({ number, at: ms(minute), what })
  const followed = (acts: ReturnType<typeof act>[], list = runs('fail', 'pass'), requests: Request[] = []) =>
    followedActs(list, 7, acts, requests)

  test.each([
    ['shortly before', act(39), 'an edit'],
    ['in the same second', act(40), 'an edit'],
    ['ten minutes before', act(30), 'an edit'],
    ['longer before', act(29.9), null],
    ['after it', act(41), null],
    ['to another pull request', act(39, 8), null],
  ])('with an act %s', (_when, one, expected) => {
    expect(followed([one])).toBe(expected)
  })

  test('follows an act before the earlier result only if the act comes after that result', () => {
    const close = [aRun({ outcome: 'fail', minute: 38 }), aRun({ outcome: 'pass', minute: 40 })]
    expect(followed([act(37)], close)).toBeNull()
  })

  test('must follow an act each time', () => {
    expect(followed([act(39)], runs('fail', 'pass', 'fail'))).toBeNull()
    expect(followed([act(39), act(59, 7, 'a label')], runs('fail', 'pass', 'fail'))).toBe('a label, an edit')
  })

  test('needs no act where the outcome stays the same', () => {
    expect(followed([act(59)], runs('fail', 'fail', 'pass'))).toBe('an edit')
    expect(followed([act(39)], runs('pass', 'pass'))).toBeNull()
  })

  test('within one workflow run is a re-run, whatever people did', () => {
    const attempts = runs('fail', 'pass').map((run) => ({ ...run, suiteId: 500 }))
    expect(followed([act(39)], attempts)).toBeNull()
    const jenkins = attempts.map((run) => ({ ...run, job: { ...UNIT, app: 'jenkins' } }))
    expect(followed([act(39)], jenkins)).toBe('an edit')
  })

  test.each([
    ['between the two', 25, null],
    ['before both', 19, 'an edit'],
    ['after both', 41, 'an edit'],
  ])('after somebody asked for a re-run %s', (_when, minute, expected) => {
    const request = { at: Date.parse(at(minute)), byBot: false, isFor: () => true }
    expect(followed([act(39)], undefined, [request])).toBe(expected)
    expect(followed([act(39)], undefined, [{ ...request, isFor: () => false }])).toBe('an edit')
  })
})
