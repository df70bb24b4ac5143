/** A commit that several pull requests share: a pull request that is opened later takes no result of an earlier one. */
import { expect, test } from 'vitest'
import { addBranch, addPull, shaOf } from '../../../fake-github/seed.ts'
import { closePull } from '../../../fake-github/seed-changes.ts'
import { addWorkflowRun } from '../../../fake-github/seed-ci.ts'
import { DAY, job, startScans, time } from '../../support/scan.ts'

test.each([
  ['is open', false],
  ['is closed', true],
])(
  'a flake of a fork’s pull request that %s stays with it when a later pull request has the same head',
  async (_state, isClosed) => {
    const on = await startScans(3 * DAY)
    const { state } = on.fakeGitHub
    const sha = shaOf('shared')
    const seed = { title: 'Change', user: 'octocat', sha }
    const first = addPull(state, on.repository, { ...seed, number: 1, at: time(5), fork: 'octocat/widgets' })
    addWorkflowRun(state, on.repository, {
      ...{ name: 'CI', sha, at: time(6), branch: 'change-1', headRepository: 'octocat/widgets' },
      attempts: [[job('unit', 'failure', 15)], [job('unit', 'success', 25)]],
    })
    if (isClosed) closePull(state, first, time(60), 'octocat')
    addBranch(on.repository, 'release')
    addPull(state, on.repository, { ...seed, number: 2, at: time(DAY), branch: 'topic', base: 'release' })
    const { flakes } = await on.scan()
    expect(flakes.map((flake) => flake.pull_request)).toEqual([1])
  },
)
