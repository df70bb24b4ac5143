/** Which jobs a retest command is about: only those that had failed when it was written. */
import { describe, expect, test } from 'vitest'
import { type HeadJob, planRetest } from '../../src/domain/retest.ts'

/** A job of the head whose run completed at `completedAt`. Commands are written at 20. */
const job = (name: string, conclusion: string | null, completedAt: number | null = 10): HeadJob => ({
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
  job('now', 'failure', 20),
  job('late', 'failure', 21),
  job('undated', 'failure', null),
  job('optional', 'cancelled'),
  job('pull-unit', 'error'),
  job('build #2', 'failure'),
]
const names = (jobs: readonly HeadJob[]) => jobs.map(({ name }) => name)
const plan = (commands: Parameters<typeof planRetest>[0], ...lines: string[]) => {
  const required = ({ name }: HeadJob) => name !== 'optional'
  const { again, unknown, notFailed } = planRetest(commands, HEAD_JOBS, { lines, required, askedAt: 20 })
  return { again: names(again), unknown, notFailed: names(notFailed) }
}
const REQUIRED = ['unit', 'e2e (linux, 20)', 'now', 'pull-unit', 'build #2']
const RED = ['unit', 'e2e (linux, 20)', 'now', 'optional', 'pull-unit', 'build #2']

describe('the jobs to re-run', () => {
  test.each<[string, ReturnType<typeof plan>, string[]]>([
    ['are all that failed before `/retest`', plan(['retest']), RED],
    ['are all that failed before `/test all`', plan(['test_all']), RED],
    ['are all, whatever follows `/test all`', plan(['test_all', 'test'], 'all the lint'), RED],
    ['are the required ones after `/retest-required`', plan(['retest_required']), REQUIRED],
    ['are the one that `/test` names', plan(['test'], 'unit'), ['unit']],
    ['may be followed by a comma', plan(['test'], 'unit, optional,'), ['unit', 'optional']],
    ['may be separated by tabs and several spaces', plan(['test'], 'unit\t optional'), ['unit', 'optional']],
    ['may have names with spaces', plan(['test'], ' e2e (linux, 20) '), ['e2e (linux, 20)']],
    ['may be in backquotes', plan(['test'], '`e2e (linux, 20)` `unit`'), ['unit', 'e2e (linux, 20)']],
    ['may be followed by a remark', plan(['test'], 'e2e (linux, 20) # flake #5'), ['e2e (linux, 20)']],
    ['of a list end at a remark', plan(['test'], 'unit optional # lint'), ['unit', 'optional']],
    ['may have a name that looks like a remark', plan(['test'], 'build #2'), ['build #2']],
    ['of two commands are joined', plan(['retest_required', 'test'], 'optional'), RED],
    ['are none when `/test` asks for help', plan(['test'], '?'), []],
    ['are none when `/test` has no name', plan(['test'], ''), []],
    ['do not include one called `all`', plan(['test'], 'all'), []],
  ])('%s', (_rule, { again, unknown, notFailed }, expected) => {
    expect(again).toEqual(expected)
    expect([...unknown, ...notFailed]).toEqual([])
  })

  test('do not include a job that is unknown, passes, is running, or failed after the command', () => {
    expect(plan(['test'], 'unti lint docs late undated')).toEqual({
      again: [],
      unknown: ['unti'],
      notFailed: ['lint', 'docs', 'late', 'undated'],
    })
  })
})
