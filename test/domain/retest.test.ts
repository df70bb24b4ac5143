/** Which jobs a retest command is about: only those that had failed when it was written. */
import { describe, expect, test } from 'vitest'
import { type HeadJob, planRetest } from '../../src/domain/retest.ts'

const job = (name: string, conclusion: string | null, completedAt = 10): HeadJob => ({
  id: 1,
  name,
  app: 'github-actions',
  suiteId: 1,
  conclusion,
  completedAt: conclusion === null ? null : completedAt,
})
const HEAD_JOBS = [
  job('unit', 'failure'),
  job('e2e (linux, 20)', 'timed_out'),
  job('lint', 'success'),
  job('docs', null),
  job('late', 'failure', 30),
  job('optional', 'cancelled'),
]
const plan = (commands: Parameters<typeof planRetest>[0], ...lines: string[]) => {
  const required = ({ name }: HeadJob) => name !== 'optional'
  const { again, unknown, notFailed } = planRetest(commands, HEAD_JOBS, { lines, required, askedAt: 20 })
  return { again: again.map((one) => one.name), unknown, notFailed: notFailed.map((one) => one.name) }
}
const RED = ['unit', 'e2e (linux, 20)', 'optional']

describe('a command re-runs the right jobs:', () => {
  test.each([
    ['/retest', plan(['retest']), RED],
    ['/test all', plan(['test_all', 'test'], 'all the things'), RED],
    ['/retest-required', plan(['retest_required']), ['unit', 'e2e (linux, 20)']],
    ['/test of one job', plan(['test'], 'unit,'), ['unit']],
    ['/test of a name with spaces', plan(['test'], 'e2e (linux, 20)'), ['e2e (linux, 20)']],
    ['both kinds together', plan(['retest_required', 'test'], 'optional'), RED],
  ])('%s', (_name, { again, unknown }, expected) => {
    expect(again).toEqual(expected)
    expect(unknown).toEqual([])
  })

  test('none that is unknown, passes, is running, or failed after the command', () => {
    expect(plan(['test'], 'unti lint docs late')).toEqual({
      again: [],
      unknown: ['unti'],
      notFailed: ['lint', 'docs', 'late'],
    })
  })
})
