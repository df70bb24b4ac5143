/** The short comments and the issue about one job, from data alone. */
import { describe, expect, test } from 'vitest'
import { correctionText, refusalText } from '../../src/texts/correction.ts'
import { count, duration, odds, percent } from '../../src/texts/figures.ts'
import {
  huntBegunText,
  huntEndedText,
  huntGivenUpReason,
  huntRefusedText,
  noJobText,
  usedUpText,
} from '../../src/texts/hunt.ts'
import { closedText, jobIssueBody, jobIssueTitle, reopenedText } from '../../src/texts/job-issue.ts'
import { overLimitText, retestText } from '../../src/texts/retest.ts'
import { settingsCheckSummary, settingsCheckTitle } from '../../src/texts/settings-check.ts'
import { aJobIssue, HEAD } from './facts.ts'

describe('figures', () => {
  test.each([
    [null, '–'],
    [0, '0%'],
    [0.01, '1%'],
    [0.012, '1.2%'],
    [0.0105, '1.05%'],
    [0.0123, '1.23%'],
    [0.0999, '9.99%'],
    [0.1, '10%'],
    [0.12949, '12.9%'],
    [0.00001, '0%'],
    [1, '100%'],
  ])('the rate %s is written %s', (rate, text) => expect(percent(rate)).toBe(text))

  test.each([
    [0.009, 'under 1%'],
    [0.01, '1%'],
    [0.5, '50%'],
    [0.99, '99%'],
    [0.991, 'over 99%'],
  ])('the probability %s is written %s', (probability, text) => expect(odds(probability)).toBe(text))

  test.each([
    [89, '89 s'],
    [90, '2 min'],
    [5399, '90 min'],
    [5400, '1.5 h'],
    [47 * 3600, '47 h'],
    [48 * 3600, '2 days'],
  ])('%s seconds are written %s', (seconds, text) => expect(duration(seconds)).toBe(text))

  test.each([
    [1, '1 flake'],
    [0, '0 flakes'],
    [1234, '1,234 flakes'],
  ])('%s flakes are written %s', (number, text) => expect(count(number, 'flake')).toBe(text))
})

describe('the answer to a correction', () => {
  const flake = { job: 'unit', head_sha: HEAD, attribution: 'caused_by_pr', model_probability: 0.951 }
  const correction = {
    says: 'not_mine' as const,
    author: 'octocat',
    reason: 'the registry was down',
    job: null,
  }

  test('lists the flakes with their automatic attribution', () => {
    expect(correctionText(correction, [flake, { ...flake, model_probability: null }])).toBe(
      '2 flakes of this pull request are now recorded as **not caused by it**, by @octocat: the registry was down\n\n- `unit` at aaaaaaa (automatic attribution: 95.1% likely caused by this pull request)\n- `unit` at aaaaaaa',
    )
    expect(correctionText({ ...correction, says: 'mine', reason: '' }, [flake])).toContain(
      '1 flake of this pull request is now recorded as **caused by it**, by @octocat\n',
    )
  })

  test('says that the automatic attribution applies after a reset', () => {
    expect(correctionText({ ...correction, says: 'reset' }, [flake])).toContain(
      'Corrections removed; the automatic attribution applies to 1 flake:',
    )
  })

  test('names ten flakes without counting others when there are only ten', () => {
    expect(correctionText(correction, Array(10).fill(flake))).not.toContain('more')
  })

  test('names ten flakes and counts the others', () => {
    const text = correctionText(correction, Array(12).fill(flake))
    expect(text.match(/^- `unit` at aaaaaaa/gm)).toHaveLength(10)
    expect(text.endsWith('\n- and 2 more')).toBe(true)
  })

  test('says that nothing changes without a flake', () => {
    expect(correctionText(correction, [])).toBe(
      'Recorded, @octocat, but nothing changes: no job has flaked on this pull request yet. A correction applies to the flakes that existed when it was written.',
    )
    expect(correctionText(correction, [])).toContain('no job has flaked on this pull request yet')
    expect(correctionText({ ...correction, job: 'unit' }, [])).toContain(
      '`unit` has not flaked on this pull request yet',
    )
  })

  test('refuses people without write permission', () => {
    expect(refusalText('octocat', 'read')).toBe(
      '@octocat, only people with write permission can correct an attribution; yours is `read`. Please ask one of them.',
    )
    expect(refusalText('octocat', 'none')).toBe(
      '@octocat, only people with write permission can correct an attribution. Please ask one of them.',
    )
  })
})

describe('the comment about a hunt', () => {
  const hunt = { job: 'unit', headSha: HEAD, askedBy: 'octocat', runs: 20, wanted: null, minutes: 120 }

  test('announces the runs and the limits', () => {
    expect(huntBegunText(hunt)).toContain('re-running it up to 20 times, one run at a time')
    expect(huntBegunText({ ...hunt, wanted: 50 })).toContain(
      '20 times (not 50: that is the limit in the settings)',
    )
  })

  test('ends with the answer, why it stopped early, and the links', () => {
    const ended = {
      answer: 'ANSWER',
      brokenOff: 'time is up',
      isRed: true,
      page: 'https://flakes.example/jobs/1',
    }
    expect(huntEndedText(hunt, ended)).toBe(
      'ANSWER\n\n`unit` was re-run at aaaaaaa at the request of `octocat`. These runs do not count in the SLA. The hunt stopped early: time is up. The newest run failed, so GitHub shows the job as failed until it is re-run. All runs are on [the job’s page](https://flakes.example/jobs/1).',
    )
    expect(huntEndedText(hunt, { answer: 'ANSWER', brokenOff: null, isRed: false, page: null })).toBe(
      'ANSWER\n\n`unit` was re-run at aaaaaaa at the request of `octocat`. These runs do not count in the SLA.',
    )
  })

  test('lists at most twenty jobs when the named one does not exist', () => {
    expect(noJobText('x', HEAD, [])).toContain('It has no jobs there yet.')
    const names = Array.from({ length: 21 }, (_, i) => `job-${i}`)
    expect(noJobText('x', HEAD, names)).toMatch(/`job-19` and 1 more\.$/)
    expect(noJobText('x', HEAD, ['a', 'b'])).toMatch(/Its jobs are `a`, `b`\.$/)
  })

  test('says each fact in a sentence', () => {
    expect(huntBegunText(hunt)).toMatchInlineSnapshot(
      `"Hunting \`unit\` at aaaaaaa for \`octocat\`: re-running it up to 20 times, one run at a time, until the result is clear. Hunts in this repository may use 120 minutes in 24 hours. These runs do not count in the SLA, but GitHub shows the newest of them as the job’s result. This comment will be updated with the answer."`,
    )
    expect(noJobText('x', HEAD, ['a'])).toMatchInlineSnapshot(
      `"No hunt started: GitHub Actions has no job \`x\` at aaaaaaa. Its jobs are \`a\`."`,
    )
    expect(usedUpText(120)).toMatchInlineSnapshot(
      `"No hunt started: hunts in this repository may use 120 minutes in 24 hours, and that is used up."`,
    )
    expect(huntRefusedText('unit', 'Resource not accessible by integration')).toMatchInlineSnapshot(
      `"\`unit\` was not re-run: the app needs the permission **Actions: write**, which an owner can grant."`,
    )
  })

  test('names twenty jobs without counting others when there are only twenty', () => {
    const names = Array.from({ length: 20 }, (_, i) => `job-${i}`)
    expect(noJobText('x', HEAD, names)).toMatch(/`job-19`\.$/)
  })

  test('explains a refusal of GitHub', () => {
    expect(huntRefusedText('unit', 'Resource not accessible by integration')).toContain('**Actions: write**')
    expect(huntRefusedText('unit', 'too old')).toBe('`unit` was not re-run. GitHub’s answer: `too old`.')
    expect(huntGivenUpReason(10, null)).toBe('it could not continue after 10 attempts; see the app’s log')
    expect(huntGivenUpReason(1, 'no')).toBe(
      'it could not continue after 1 attempt; GitHub’s last answer was `no`',
    )
  })
})

describe('the issue about a job', () => {
  test('is titled with the job’s name alone', () => expect(jobIssueTitle('unit')).toBe('Flaky job: `unit`'))

  test.each([
    [{ allowed: 0 }, 'uses the error budget**'],
    [{ allowed: 2 }, 'uses 100% of the error budget**'],
    [{ allowed: 1 }, 'uses 2 times the error budget**'],
    [{ allowed: 8 }, 'uses 25% of the error budget**'],
  ])('says how much of the budget it uses: %o', (differs, text) => {
    expect(jobIssueBody(aJobIssue(differs))).toContain(`**\`unit\` ${text}: 2 flakes`)
  })

  test('names the owners, or says how to set one', () => {
    expect(jobIssueBody(aJobIssue({ owners: ['a', 'acme/ci'] }))).toContain('Owned by `a`, `acme/ci`.')
    expect(jobIssueBody(aJobIssue())).toContain('It has no owner. Set one in `owners`')
  })

  test('lists ten flakes and counts the others', () => {
    const flake = { ...(aJobIssue().flakes[0] as object), number: 9, url: 'https://ci.example/1' }
    const body = jobIssueBody(
      aJobIssue({ flakes: Array(11).fill({ ...aJobIssue().flakes[0], ...flake, probability: null }) }),
    )
    expect(
      body.match(/^\| 2026-02-02 10:44 \| #9 \| \[aaaaaaa\]\(https:\/\/ci\.example\/1\) \| – \|$/gm),
    ).toHaveLength(10)
    expect(body).toContain('and 1 more flake\n')
  })

  test('says when it closes', () => {
    expect(jobIssueBody(aJobIssue())).toContain(
      'It closes after 150 results in a row without a flake (now 4)',
    )
    expect(jobIssueBody(aJobIssue({ cleanStreak: { clean: 0, needed: null } }))).toContain(
      'No counted flake is left.',
    )
    expect(jobIssueBody(aJobIssue({ flakes: [], rate: { flakes: 0, verdicts: 0 } }))).toContain(
      'it flaked in – of its results',
    )
  })

  test('is complete', () => {
    const historyUrl = 'https://flakes.example/jobs/1'
    expect(jobIssueBody(aJobIssue({ historyUrl }))).toMatchInlineSnapshot(`
      "**\`unit\` uses 100% of the error budget**: 2 flakes not caused by the pull request in 2 pull requests in 28 days. The target of 1% allows 2 for all jobs together.

      Up to its last flake, it flaked in 3% of its results (3 of 100). It has no owner. Set one in \`owners\` (settings file) or in CODEOWNERS for its workflow.

      | Flaked (UTC) | Pull request | Failing run | Caused by the pull request? |
      | --- | --- | --- | --- |
      | 2026-02-02 10:44 | #4 | aaaaaaa | 5% |
      | 2026-02-02 10:44 | #3 | aaaaaaa | 5% |

      [The job’s history](https://flakes.example/jobs/1)

      ### What to do
      Fix the job, or stop requiring it until it is fixed. Automatic retries only hide the problem. Let the pull request with the fix close this issue: the count then starts from zero.

      <sub>Updated once a day. It closes after 150 results in a row without a flake (now 4); a job this flaky would do that by chance less than 1% of the time. A flake on a base newer than the close reopens it, unless it was closed as not planned.</sub>"
    `)
    expect(jobIssueBody(aJobIssue({ flakes: [] }))).toMatchInlineSnapshot(`
      "**\`unit\` uses 0% of the error budget**: 0 flakes not caused by the pull request in 0 pull requests in 28 days. The target of 1% allows 2 for all jobs together.

      Up to its last flake, it flaked in 3% of its results (3 of 100). It has no owner. Set one in \`owners\` (settings file) or in CODEOWNERS for its workflow.

      ### What to do
      Fix the job, or stop requiring it until it is fixed. Automatic retries only hide the problem. Let the pull request with the fix close this issue: the count then starts from zero.

      <sub>Updated once a day. It closes after 150 results in a row without a flake (now 4); a job this flaky would do that by chance less than 1% of the time. A flake on a base newer than the close reopens it, unless it was closed as not planned.</sub>"
    `)
    expect(closedText('unit', { clean: 160, needed: 150 })).toMatchInlineSnapshot(
      `"Closing: \`unit\` has not flaked in its last 160 results. A job as flaky as it was would do that by chance less than 1% of the time (150 results needed)."`,
    )
  })

  test.each([
    [9.94, '9.9'],
    [3, '3'],
    [10, '10'],
    [1234.5, '1,235'],
  ])('says that the target allows %d flakes as %s', (allowed, text) => {
    expect(jobIssueBody(aJobIssue({ allowed }))).toContain(` allows ${text} for all jobs together.`)
  })

  test('lists ten flakes without counting others when there are only ten', () => {
    const body = jobIssueBody(aJobIssue({ flakes: Array(10).fill(aJobIssue().flakes[0]) }))
    expect(body).not.toContain('more flake')
  })

  test('explains the close and the reopening', () => {
    expect(closedText('unit', { clean: 160, needed: 150 })).toContain(
      'has not flaked in its last 160 results',
    )
    expect(reopenedText('unit', { number: 4, head_sha: HEAD, url: null })).toBe(
      'Reopening: `unit` flaked again on #4 (failing run at aaaaaaa), on a base newer than the close of this issue.',
    )
  })
})

describe('the answer to a retest command', () => {
  const plan = { jobs: [], unknown: [], notFailed: [], own: [] } as unknown as Parameters<
    typeof retestText
  >[0]
  const nothing = { notOurs: [], forbidden: [], others: [] }

  test.each<[string, object, Partial<Parameters<typeof retestText>[1]>, number, string | null]>([
    ['is silent when everything was done', {}, {}, 2, null],
    [
      'says that no job has failed',
      {},
      {},
      0,
      'Nothing was re-run: none of the jobs in question has failed at aaaaaaa.',
    ],
    [
      'asks for the permission',
      {},
      { forbidden: ['a'] },
      0,
      '`a` was not re-run: the app needs the permission **Actions: write**, which an owner can grant.',
    ],
    [
      'asks for the permission for several jobs',
      {},
      { forbidden: ['a', 'b'] },
      0,
      '`a`, `b` were not re-run: the app needs the permission **Actions: write**, which an owner can grant.',
    ],
    [
      'names jobs of other CIs when nothing was re-run',
      {},
      { notOurs: ['a'] },
      0,
      '`a` can only be re-run by the CI that reported it.',
    ],
    [
      'names several jobs of other CIs',
      {},
      { notOurs: ['a', 'b'] },
      0,
      '`a`, `b` can only be re-run by the CI that reported them.',
    ],
    [
      'names several jobs that have not failed',
      { notFailed: [{ name: 'a' }, { name: 'b' }] },
      {},
      0,
      '`a`, `b` have not failed at aaaaaaa, so nothing was re-run.',
    ],
    [
      'joins its sentences',
      { unknown: ['b'] },
      { forbidden: ['a'] },
      0,
      '`a` was not re-run: the app needs the permission **Actions: write**, which an owner can grant. No result of `b` at aaaaaaa.',
    ],
    ['leaves jobs of other CIs out when others were re-run', {}, { notOurs: ['a'] }, 1, null],
    [
      'quotes GitHub',
      {},
      { others: [{ name: 'a', message: 'too old' }] },
      0,
      '`a` was not re-run. GitHub’s answer: `too old`.',
    ],
    [
      'names five unknown jobs',
      { unknown: 'abcdefg'.split('') },
      {},
      1,
      'No result of `a`, `b`, `c`, `d`, `e` and 2 more at aaaaaaa.',
    ],
    [
      'names jobs that have not failed',
      { notFailed: [{ name: 'a' }] },
      {},
      0,
      '`a` has not failed at aaaaaaa, so nothing was re-run.',
    ],
  ])('%s', (_, differs, refused, done, text) => {
    expect(retestText({ ...plan, ...differs }, { ...nothing, ...refused }, HEAD, done)).toBe(text)
  })
})

test('the answer over the limit of retests names the limit', () => {
  expect(overLimitText(10)).toBe(
    'Nothing was re-run: the limit is 10 retest commands per person and hour. Please try again later.',
  )
})

describe('the check of a settings file', () => {
  const check = { problems: [], changes: [], jobsAdded: [], jobsDropped: [], isOrganisation: false }
  const change = { setting: 'target', before: '0.01', after: '0.05' }

  test.each([
    [{}, 'No setting changes'],
    [{ changes: [change] }, 'Would change 1 setting'],
    [{ problems: ['line 1: x', 'line 2: y'] }, '2 problems: these settings cannot be used'],
  ])('is titled by its result: %o', (differs, title) => {
    expect(settingsCheckTitle({ ...check, ...differs })).toBe(title)
  })

  test('lists problems, changes and jobs', () => {
    expect(settingsCheckSummary(check)).toBe('The effective settings stay the same.')
    expect(settingsCheckSummary({ ...check, problems: ['line 1: x'] })).toBe(
      'If merged, this file would be ignored and the last usable settings would stay in force.\n\n- `line 1: x`',
    )
    const summary = settingsCheckSummary({
      ...check,
      changes: [change],
      jobsAdded: ['a'],
      jobsDropped: ['b', 'c'],
    })
    expect(summary).toContain('| `target` | `0.01` | `0.05` |')
    expect(summary).toContain('Jobs that would start to count: `a`.')
    expect(summary).toContain('Jobs that would stop counting: `b`, `c`.')
    expect(settingsCheckSummary({ ...check, changes: [change], isOrganisation: true })).toContain(
      'After the merge, in every repository of the organisation that does not set it itself:',
    )
  })

  test('is complete', () => {
    const whole = { ...check, changes: [change], jobsAdded: ['a'], jobsDropped: ['b', 'c'] }
    expect(settingsCheckSummary(whole)).toMatchInlineSnapshot(`
      "After the merge:

      | Setting | Now | After the merge |
      | --- | --- | --- |
      | \`target\` | \`0.01\` | \`0.05\` |

      Jobs that would start to count: \`a\`.

      Jobs that would stop counting: \`b\`, \`c\`.

      Closed days and weeks keep their figures."
    `)
    expect(settingsCheckSummary({ ...check, changes: [change] })).toMatchInlineSnapshot(`
      "After the merge:

      | Setting | Now | After the merge |
      | --- | --- | --- |
      | \`target\` | \`0.01\` | \`0.05\` |

      Closed days and weeks keep their figures."
    `)
    expect(settingsCheckSummary({ ...check, problems: ['line 1: x', 'line 2: y'] })).toMatchInlineSnapshot(`
      "If merged, this file would be ignored and the last usable settings would stay in force.

      - \`line 1: x\`
      - \`line 2: y\`"
    `)
  })

  test('names fifty jobs without counting others when there are only fifty', () => {
    const jobsAdded = Array.from({ length: 50 }, (_, i) => `j${i}`)
    expect(settingsCheckSummary({ ...check, changes: [change], jobsAdded })).toContain('`j49`.\n')
  })

  test('names fifty jobs and counts the others', () => {
    const jobsAdded = Array.from({ length: 52 }, (_, i) => `j${i}`)
    expect(settingsCheckSummary({ ...check, changes: [change], jobsAdded })).toContain('`j49` and 2 more.')
  })
})
