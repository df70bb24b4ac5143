/** What a run tested: pull requests, the default branch, or a merge queue. */
import { describe, expect, test } from 'vitest'
import type { PullRequestEvent } from '../../src/domain/facts.ts'
import { candidatesOf, placeRuns } from '../../src/domain/placement.ts'
import type { Run } from '../../src/domain/run.ts'
import { aPullRequest, aRun, at, ms, UNIT } from '../support/facts.ts'

const FORK = 2002

/** A run of a workflow that the event triggered. */
function on(event: string | null, more: Partial<Run> & { minute?: number } = {}): Run {
  return aRun({ job: { ...UNIT, event }, ...more })
}

/** Where a run belongs: its kind, or `pull_request` with the numbers and its base branch. */
function place(run: Run, events: PullRequestEvent[], isQueueCommit = false): string {
  const [placement] = placeRuns([run], candidatesOf(events, [run]), isQueueCommit)
  const { kind, candidates, baseRef } = placement ?? {}
  if (kind !== 'pull_request') return String(kind)
  return `${candidates?.map(({ number }) => number).join()} on ${baseRef}`
}

const fork = (more: Partial<PullRequestEvent> = {}) => aPullRequest({ head_repository_id: FORK, ...more })

describe('a run on the default branch', () => {
  const onMain = { trunk: true, headBranch: 'main' }

  test.each<[string, Run, PullRequestEvent[]]>([
    [
      'by a schedule, at the head of an open pull request',
      on('schedule', onMain),
      [aPullRequest({ head_ref: 'main' })],
    ],
    [
      'by a push, at the head of an open pull request',
      on('push', onMain),
      [aPullRequest({ head_ref: 'main' })],
    ],
    [
      'by a push, before a pull request from main was opened',
      on('push', { ...onMain, minute: 5 }),
      [aPullRequest({ head_ref: 'main', created_at: at(8) })],
    ],
    [
      'by another CI, before a pull request from main was opened',
      on(null, { ...onMain, minute: 5 }),
      [aPullRequest({ head_ref: 'main', created_at: at(8) })],
    ],
    [
      'by another CI, after the pull request was merged',
      on(null, { ...onMain, minute: 30 }),
      [aPullRequest({ head_ref: 'main' }), aPullRequest({ action: 'closed', reported_at: at(20) })],
    ],
    ['by another CI, at the head of a pull request from elsewhere', on(null, onMain), [aPullRequest()]],
    ['by a schedule although nothing names the branch', on('schedule'), [aPullRequest()]],
  ])('%s is trunk', (_rule, run, events) => {
    expect(place(run, events)).toBe('trunk')
  })

  test.each<[string, Run, PullRequestEvent[]]>([
    ['for a pull request from a fork’s main', on('pull_request', onMain), [fork({ head_ref: 'main' })]],
    [
      'of another CI, while a pull request from a fork’s main is open',
      on(null, onMain),
      [fork({ head_ref: 'main' })],
    ],
    [
      'for the pull request that merges main into a release',
      on('pull_request_target', onMain),
      [aPullRequest({ head_ref: 'main' })],
    ],
  ])('%s is the pull request’s', (_rule, run, events) => {
    expect(place(run, events)).toBe('7 on main')
  })
})

describe('a run of a push to another branch', () => {
  test.each<[string, string, PullRequestEvent, string]>([
    ['counts for a pull request of the same repository', 'topic', aPullRequest(), '7 on main'],
    ['counts for a pull request from another branch with that commit', 'other', aPullRequest(), '7 on main'],
    ['does not count for a fork’s pull request', 'topic', fork(), 'null'],
    ['counts for the fork’s pull request that a robot copied there', 'pull-request/7', fork(), '7 on main'],
    ['does not count for another number', 'pull-request/8', fork(), 'null'],
    [
      'counts for a branch of that name when the fork is unknown',
      'topic',
      aPullRequest({ head_repository_id: null }),
      '7 on main',
    ],
    [
      'does not count for another branch when the fork is unknown',
      'other',
      aPullRequest({ head_repository_id: null }),
      'null',
    ],
  ])('%s', (_rule, headBranch, event, expected) => {
    expect(place(on('push', { headBranch }), [event])).toBe(expected)
  })
})

describe('a merge queue', () => {
  test.each<[string, Run, PullRequestEvent[], boolean?]>([
    ['of GitHub, by its commit', on('pull_request'), [], true],
    ['of GitHub, by its event', on('merge_group'), [aPullRequest()]],
    ['of GitHub, by its branch', on(null, { headBranch: 'gh-readonly-queue/main/pr-7-abc' }), []],
    [
      'of Mergify, by its pull request',
      on('pull_request'),
      [aPullRequest({ head_ref: 'mergify/merge-queue/213aadd020' })],
    ],
    ['of Mergify, by its branch', on('push', { headBranch: 'mergify/merge-queue/213aadd020' }), []],
    [
      'of Graphite, by its pull request',
      on('pull_request'),
      [aPullRequest({ head_ref: 'gtmq_spec_1', draft: true })],
    ],
    ['of Trunk, by its branch', on('push', { headBranch: 'trunk-merge/pr-7/1' }), []],
    ['of bors, by its branch', on('push', { headBranch: 'staging' }), []],
    ['of homu, by its branch', on(null, { headBranch: 'auto' }), []],
  ])('%s, is no presubmit', (_rule, run, events, isQueueCommit) => {
    expect(place(run, events, isQueueCommit)).toBe('merge_queue')
  })

  test('is not meant by a pull request from a branch called staging', () => {
    expect(place(on('push', { headBranch: 'staging' }), [aPullRequest({ head_ref: 'staging' })])).toBe(
      '7 on main',
    )
  })

  test('is not meant by backports of Mergify', () => {
    expect(place(on('pull_request'), [aPullRequest({ head_ref: 'mergify/bp/release/pr-5' })])).toBe(
      '7 on main',
    )
  })
})

describe('a commit that heads several pull requests', () => {
  const first = fork({ number: 1 })
  const closed = fork({ number: 1, action: 'closed', reported_at: at(20) })
  const second = aPullRequest({ number: 2, base_ref: 'release', created_at: at(30), reported_at: at(30) })

  test.each<[string, number, PullRequestEvent[], string]>([
    ['counts for the open one', 10, [first, second], '1 on main'],
    ['counts for all that are open', 40, [first, second], '1,2 on main'],
    ['counts for the one that is still open', 40, [first, closed, second], '2 on release'],
    ['counts for the one closed last when none was open', 25, [first, closed, second], '1 on main'],
    ['counts for the one opened first before any was opened', -5, [first, second], '1 on main'],
    [
      'counts for both after the first was reopened',
      40,
      [first, closed, fork({ number: 1, action: 'reopened', reported_at: at(35) }), second],
      '1,2 on main',
    ],
    [
      'counts for the other after a push replaced the head',
      40,
      [first, fork({ number: 1, action: 'before', reported_at: at(35) }), second],
      '2 on release',
    ],
    [
      'counts for both after a force-push brought the head back',
      40,
      [
        first,
        fork({ number: 1, action: 'before', reported_at: at(35) }),
        fork({ number: 1, action: 'synchronize', reported_at: at(36) }),
        second,
      ],
      '1,2 on main',
    ],
    [
      'does not count for one that got this head by a later push',
      10,
      [first, aPullRequest({ number: 2, action: 'synchronize', reported_at: at(15), created_at: at(5) })],
      '1 on main',
    ],
  ])('%s', (_rule, minute, events, expected) => {
    const run = on(null, { minute, startedAt: ms(minute) })
    expect(place(run, events)).toBe(expected)
    expect(place(run, events.toReversed())).toBe(expected)
  })

  test('counts for the one that was open when the run started', () => {
    const run = on(null, { minute: 25, startedAt: ms(15) })
    const other = fork({ number: 3, created_at: at(-60), reported_at: at(-60) })
    const closedBefore = fork({ number: 3, action: 'closed', reported_at: at(-10), created_at: at(-60) })
    expect(place(run, [first, closed, other, closedBefore])).toBe('1 on main')
  })
})

test('one pull request keeps its runs when its head moved on, and after it was closed', () => {
  const moved = [aPullRequest(), aPullRequest({ action: 'before', reported_at: at(5) })]
  expect(place(on('pull_request', { minute: 50, startedAt: ms(40) }), moved)).toBe('7 on main')
  const closed = [aPullRequest(), aPullRequest({ action: 'closed', reported_at: at(5) })]
  expect(place(on('pull_request', { minute: 50, startedAt: ms(40) }), closed)).toBe('7 on main')
})

describe('the base branch of a run', () => {
  const retargeted = [
    aPullRequest(),
    aPullRequest({ action: 'edited', reported_at: at(20), base_ref: 'release' }),
  ]

  test.each([
    ['that started before the change', 15, '7 on main'],
    ['that started after it', 21, '7 on release'],
  ])('%s', (_when, started, expected) => {
    expect(place(on('pull_request', { minute: 30, startedAt: ms(started) }), retargeted)).toBe(expected)
  })

  test('is that of the pull request in the address of Prow’s page', () => {
    const both = [aPullRequest({ number: 1 }), aPullRequest({ number: 2, base_ref: 'release' })]
    const url = 'https://prow.example.org/view/gs/x/pr-logs/pull/o_r/2/pull-unit/9'
    expect(place(on(null, { url }), both)).toBe('1,2 on release')
  })
})
