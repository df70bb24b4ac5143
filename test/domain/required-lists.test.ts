/** What a reading of a branch's requirements changes: a list, nothing, or unknown. */
import { expect, test } from 'vitest'
import { jobsAfter, type RequiredJob, type RulesReading } from '../../src/domain/required-lists.ts'

const job = (name: string, more: Partial<RequiredJob> = {}): RequiredJob => ({
  ...{ name, app: null, integration_id: null },
  ...more,
})
const seen = (name: string) => job(name, { from_pull_request: true })
const ALL: RulesReading = {
  rules: [],
  isComplete: true,
  onPullRequests: [],
  hasPullRequests: true,
  problem: null,
}

test.each<[string, RequiredJob[], Partial<RulesReading>, string[] | null]>([
  ['rules are the list', [], { rules: [job('unit')] }, ['unit']],
  ['rules replace other rules', [job('unit')], { rules: [job('lint')] }, ['lint']],
  [
    'rules replace other rules while pull requests are unknown',
    [job('unit')],
    { rules: [job('lint')], onPullRequests: null },
    ['lint'],
  ],
  [
    'pull requests add what rules lack',
    [],
    { rules: [job('unit')], onPullRequests: ['unit', 'e2e'] },
    ['unit', 'e2e'],
  ],
  ['pull requests alone are a list', [], { isComplete: false, onPullRequests: ['e2e'] }, ['e2e']],
  ['unseen rules keep the list before', [job('unit')], { isComplete: false, onPullRequests: null }, ['unit']],
  [
    'half of the rules only add',
    [job('unit')],
    { rules: [job('lint')], isComplete: false },
    ['lint', 'unit'],
  ],
  [
    'unseen pull requests keep what they named',
    [job('unit'), seen('e2e')],
    { rules: [job('unit')], onPullRequests: null },
    ['unit', 'e2e'],
  ],
  [
    'pull requests that name it no more remove it',
    [job('unit'), seen('e2e')],
    { rules: [job('unit')] },
    ['unit'],
  ],
  ['rules that are gone are nothing', [job('unit')], { onPullRequests: null }, []],
  ['neither rules nor pull requests require anything: nothing', [], {}, []],
  ['no rules and no pull request: nothing', [], { onPullRequests: null, hasPullRequests: false }, []],
  ['no rules, pull requests unknown: unknown', [], { onPullRequests: null }, null],
  ['nothing can be seen: unknown', [], { isComplete: false, onPullRequests: null }, null],
  ['nothing can be seen, pull requests name nothing: unknown', [], { isComplete: false }, null],
])('%s', (_, before, reading, names) => {
  const jobs = jobsAfter(before, { ...ALL, ...reading })
  expect(jobs?.map(({ name }) => name) ?? null).toEqual(names)
})
