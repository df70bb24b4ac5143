/** Which statuses are about the same run. */
import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/domain/facts.ts'
import { readRuns } from '../../src/domain/read-runs.ts'
import { aStatus, ms } from '../support/facts.ts'

/** Statuses of one URL, ten minutes apart. */
function statuses(...states: string[]): Observation[] {
  return states.map((state, i) =>
    aStatus({ state, minute: 10 * (i + 1), url: 'https://ci.example.org/builds/7', description: state }),
  )
}

function outcomesOf(observations: Observation[]) {
  return readRuns(observations, []).map(({ outcome }) => outcome)
}

describe('statuses of one context and URL', () => {
  test.each<[string, string[], string[]]>([
    [
      'a pending after a result begins another run',
      ['pending', 'failure', 'pending', 'success'],
      ['fail', 'pass'],
    ],
    [
      'without a pending, a later result corrects an earlier one',
      ['pending', 'failure', 'success'],
      ['pass'],
    ],
    [
      'a correction of the second run leaves the first',
      ['failure', 'pending', 'failure', 'success'],
      ['fail', 'pass'],
    ],
    ['several pendings begin one run', ['failure', 'pending', 'pending', 'success'], ['fail', 'pass']],
    ['a pending without a result is no run', ['failure', 'pending'], ['fail']],
    ['passes stay passes', ['success', 'pending', 'success'], ['pass', 'pass']],
  ])('%s', (_rule, states, outcomes) => {
    expect(outcomesOf(statuses(...states))).toEqual(outcomes)
    expect(outcomesOf(statuses(...states).reverse())).toEqual(outcomes)
  })

  test('a run starts with its own pending', () => {
    const runs = readRuns(statuses('pending', 'failure', 'pending', 'success'), [])
    expect(runs.map(({ startedAt }) => startedAt)).toEqual([ms(10), ms(30)])
  })

  test('the status ids order reports of one second', () => {
    const [failure, pending, success] = statuses('failure', 'pending', 'success')
    const second = { reported_at: failure?.reported_at ?? '', completed_at: failure?.completed_at ?? '' }
    const all = [failure, pending, success].map((status, i) => ({
      ...(status as Observation),
      ...second,
      reported_id: i,
    }))
    expect(outcomesOf(all)).toEqual(['fail', 'pass'])
  })
})

test('without a URL each result is a run, which started with the last pending of its context', () => {
  const observations = ['pending', 'failure', 'pending', 'success', 'success'].map((state, i) =>
    aStatus({ state, minute: 10 * i, url: null, run_key: `status:${i}` }),
  )
  expect(readRuns(observations, []).map(({ outcome, startedAt }) => [outcome, startedAt])).toEqual([
    ['fail', ms(0)],
    ['pass', ms(20)],
    ['pass', null],
  ])
})

describe('a status copied to a renamed context', () => {
  const original = aStatus({ name: 'pull-old', run_key: 'status:a', minute: 10 })
  const copy = (more: Partial<Observation> = {}) =>
    aStatus({ name: 'pull-new', run_key: 'status:b', minute: 1000, ...more })
  const timesOf = (...observations: Observation[]) =>
    Object.fromEntries(readRuns(observations, []).map(({ job, completedAt }) => [job.name, completedAt]))

  test('is dated like its original', () => {
    expect(timesOf(original, copy())).toEqual({ 'pull-old': ms(10), 'pull-new': ms(10) })
    expect(timesOf(copy(), original)).toEqual({ 'pull-old': ms(10), 'pull-new': ms(10) })
  })

  test.each<[string, Observation[]]>([
    ['another result', [copy({ state: 'failure', description: 'Job failed.' })]],
    ['another URL', [copy({ url: 'https://prow.example.org/2' })]],
    ['a pending of its own', [copy({ state: 'pending', minute: 900, reported_id: 1 } as object), copy()]],
  ])('is a run of its own with %s', (_what, observations) => {
    expect(timesOf(original, ...observations)['pull-new']).toBe(ms(1000))
  })
})
