/** What the breach issue says, from data alone. */
import { describe, expect, test } from 'vitest'
import type { Breach } from '../../src/texts/breach-facts.ts'
import { breachBody, breachTitle } from '../../src/texts/breach-issue.ts'
import { aBreach, aCostlyJob, aSla } from './facts.ts'

/** The body's lines that hold a text. */
function linesWith(text: string, differs: Partial<Breach>): string[] {
  return breachBody(aBreach(differs))
    .split('\n')
    .filter((line) => line.includes(text))
}

describe('the title', () => {
  test('names the day, the rate and the target', () => {
    expect(breachTitle(aBreach())).toBe('Presubmit flakiness out of SLA on 2026-02-02: 2% (target below 1%)')
  })

  test('names the repository when the issue is filed in another one', () => {
    expect(breachTitle(aBreach({ measuredRepository: 'acme/widgets' }))).toBe(
      'acme/widgets: presubmit flakiness out of SLA on 2026-02-02: 2% (target below 1%)',
    )
  })
})

describe('the first paragraph', () => {
  test.each<[string, Partial<Parameters<typeof aSla>[0]>, string]>([
    [
      'gives flakes, pull requests and rate',
      {},
      'On 2026-02-02: 4 flakes not caused by the pull request in 200 tested pull requests (**2%**). The target is below 1%.',
    ],
    [
      'gives the range when attributions are undecided',
      { flakes_low: 2, flakes_high: 6 },
      'On 2026-02-02: 4 flakes not caused by the pull request in 200 tested pull requests (**2%**; between 1% and 3% including undecided flakes). The target is below 1%.',
    ],
    [
      'uses the singular',
      { prs: 1, flakes_counted: 1, flakes_low: 1, flakes_high: 1 },
      'On 2026-02-02: 1 flake not caused by the pull request in 1 tested pull request (**100%**). The target is below 1%.',
    ],
  ])('%s', (_, counts, line) => {
    expect(breachBody(aBreach({ sla: aSla(counts) })).split('\n')[0]).toBe(line)
  })
})

describe('the certainty', () => {
  test.each<[string, Partial<Parameters<typeof aSla>[0]>, string]>([
    ['is the probability of a breach', {}, 'The probability that the true rate is above the target is 91%.'],
    [
      'warns of a small sample',
      { prs: 99, flakes_counted: 1, flakes_low: 1, flakes_high: 1 },
      'The probability that the true rate is above the target is 58%. Small sample: with fewer than 100 pull requests, a single flake breaches the day.',
    ],
    [
      'counts flakes of the pull request itself',
      { flakes_caused_by_pr: 1 },
      'The probability that the true rate is above the target is 91%. 1 more flake was attributed to the pull request itself.',
    ],
    [
      'counts undecided flakes',
      { flakes_caused_by_pr: 2, flakes_undetermined: 3 },
      'The probability that the true rate is above the target is 91%. 2 more flakes were attributed to the pull request itself. The attribution of 3 flakes is still undecided.',
    ],
  ])('%s', (_, counts, line) => {
    expect(breachBody(aBreach({ sla: aSla(counts) })).split('\n')[2]).toBe(line)
  })
})

describe('what to do', () => {
  const first = (differs: Partial<Breach>) =>
    linesWith('1. Start', differs)[0] ?? linesWith('No single job', differs)[0]

  test('starts with the most expensive job and its share', () => {
    const jobs = [
      aCostlyJob({ owners: ['octocat'], example: 'https://ci.example/1' }),
      aCostlyJob({ name: 'unit' }),
    ]
    expect(first({ jobs })).toBe(
      '1. Start with `e2e` (owned by `octocat`): it caused 3 of the 4 counted flakes. Find out why it failed, for example [this run](https://ci.example/1).',
    )
  })

  test('says that one job caused every counted flake', () => {
    expect(first({ jobs: [aCostlyJob({ flakes: 4 })] })).toBe(
      '1. Start with `e2e`: it caused every counted flake of the day. Find out why it failed.',
    )
  })

  test('blames no job when every flake is part of an incident', () => {
    expect(first({ jobs: [] })).toBe(
      'No single job stands out: every flake of the day is part of an incident listed below.',
    )
  })

  test('asks for the label only where one is set', () => {
    expect(linesWith('3. Add the label', {})).toEqual([
      '3. Add the label `kind/flake` to the pull request that fixes it, so that it counts as a fix below.',
    ])
    expect(linesWith('3. Add', { quarter: { ...aBreach().quarter, labels: [] } })).toEqual([])
  })
})

describe('the table of jobs', () => {
  const row = (differs: Parameters<typeof aCostlyJob>[0], breach: Partial<Breach> = {}) =>
    linesWith('| `e2e`', { ...breach, jobs: [aCostlyJob(differs)] })[0]

  test('shows flakes, pull requests, time lost and since when', () => {
    const change = { day: '2026-01-20', before: 0.01, after: 0.2 }
    expect(
      row({ rerun_s: 600, waited_s: 7200, change, owners: ['a', 'b'], example: 'https://ci.example/1' }),
    ).toBe(
      '| `e2e`<br>owner: `a`, `b`<br>[a failure](https://ci.example/1) | 3 | #1, #2, #3 | 10 min of re-runs, 2 h of waiting | first flake 2026-01-01; worse since 2026-01-20 (1% → 20% of results flaky) |',
    )
  })

  test('has a dash where no time was lost, and knows a first flake', () => {
    expect(row({ first_seen: null })).toBe('| `e2e` | 3 | #1, #2, #3 | – | first flake |')
  })

  test('names eight pull requests, with their repository when the issue is filed elsewhere', () => {
    const numbers = Array.from({ length: 10 }, (_, i) => i + 1)
    expect(row({ pull_requests: numbers })).toContain('| #1, #2, #3, #4, #5, #6, #7, #8 and 2 more |')
    expect(row({ pull_requests: [1] }, { measuredRepository: 'acme/widgets' })).toContain(
      '| acme/widgets#1 |',
    )
  })

  test('shows ten jobs and counts the others', () => {
    const jobs = Array.from({ length: 12 }, (_, i) => aCostlyJob({ name: `job-${i}` }))
    const body = breachBody(aBreach({ jobs }))
    expect(body.match(/^\| `job-/gm)).toHaveLength(10)
    expect(body).toContain('\nand 2 more jobs\n')
    expect(breachBody(aBreach({ jobs: [] }))).toContain(
      '### Most expensive jobs\nNone outside the incidents.\n',
    )
  })
})

test('incidents are listed with their jobs and pull requests', () => {
  const incidents = [
    { from_at: '2026-02-02T09:07:00.000Z', jobs: ['a', 'b', 'c', 'd'], flakes: 1, pull_requests: [7] },
  ]
  expect(linesWith('failed everywhere', { incidents })).toEqual([
    '- From 2026-02-02 09:07 UTC, `a`, `b`, `c` and 1 more failed everywhere, then passed again: 1 flake on #7',
  ])
  expect(breachBody(aBreach())).not.toContain('### Incidents')
})

describe('the trend', () => {
  const day = (rate: number | null, breached = false) => ({ day: '2026-02-01', rate, breached })

  test('counts breached days and lists the weekly rates', () => {
    const weeks = [
      { start: '2026-01-26', sla: aSla() },
      { start: '2026-01-19', sla: aSla({ flakes_counted: 0 }) },
    ]
    expect(linesWith('Out of SLA on', { trend: [day(null), day(0.02, true), day(0)], weeks })).toEqual([
      'Out of SLA on 1 of the 2 days with a tested pull request in the last 3 days. Rate by week, newest first: 2%, 0%.',
    ])
  })

  test('draws a bar for each day and explains missing ones', () => {
    const body = breachBody(aBreach({ trend: [day(null), day(0.125, true)] }))
    expect(body).toContain('  x-axis "days up to 2026-02-02" 1 --> 2\n')
    expect(body).toContain('  bar [0.00, 12.50]\n  line [1.00, 1.00]\n')
    expect(body).toContain('\n1 day without a tested pull request has no bar: no data, not zero.\n')
    expect(breachBody(aBreach({ trend: [day(0)] }))).not.toContain('no bar')
  })

  test('shows the dashboard’s chart only where anyone can fetch it', () => {
    const pictureUrl = 'https://flakes.example/acme/widgets/chart.svg'
    expect(breachBody(aBreach({ pictureUrl }))).toContain(`![Flakes per pull request by day](${pictureUrl})`)
    expect(breachBody(aBreach())).not.toContain('![')
  })
})

describe('the record', () => {
  test('gives the budget, the quarter and earlier issues', () => {
    const previous = [1, 2, 3, 4, 5, 6].map((i) => ({
      day: `2026-01-0${i}`,
      url: `https://github.com/a/b/issues/${i}`,
    }))
    const body = breachBody(aBreach({ previous, dashboardUrl: 'https://flakes.example/acme/widgets' }))
    expect(body.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- Error budget, 28 days: 4 flakes; budget 3.2 (exceeded)',
      '- This quarter (since 2026-01-01): out of SLA on 3 days and in 1 week; 1 pull request that fixes flakes merged',
      `- Earlier issues: ${previous
        .slice(0, 5)
        .map(({ day, url }) => `[${day}](${url})`)
        .join(', ')}`,
      '- [All flakes with their evidence and runs](https://flakes.example/acme/widgets)',
    ])
  })

  test('uses the plural for several fixes', () => {
    const quarter = { ...aBreach().quarter, fixes: 2 }
    expect(linesWith('This quarter', { quarter })[0]).toContain('2 pull requests that fix flakes merged')
  })
})

describe('the whole body', () => {
  const day = (rate: number | null, breached = false) => ({ day: '2026-02-01', rate, breached })
  const incident = {
    from_at: '2026-02-02T09:07:00.000Z',
    jobs: ['a', 'b', 'c'],
    flakes: 2,
    pull_requests: [7],
  }

  test('has a section for each subject', () => {
    expect(breachBody(aBreach({ trend: [day(0.02, true), day(0)] }))).toMatchInlineSnapshot(`
      "On 2026-02-02: 4 flakes not caused by the pull request in 200 tested pull requests (**2%**). The target is below 1%.

      The probability that the true rate is above the target is 91%.

      ### What to do
      1. Start with \`e2e\`: it caused 3 of the 4 counted flakes. Find out why it failed.
      2. Fix it, or stop requiring it until it is fixed. Automatic retries only hide the problem.
      3. Add the label \`kind/flake\` to the pull request that fixes it, so that it counts as a fix below.

      ### Most expensive jobs
      | Job | Flakes | Pull requests hit | Time lost | Since |
      | --- | ---: | --- | --- | --- |
      | \`e2e\` | 3 | #1, #2, #3 | – | first flake 2026-01-01 |

      ### Trend
      Out of SLA on 1 of the 2 days with a tested pull request in the last 2 days.

      \`\`\`mermaid
      xychart-beta
        x-axis "days up to 2026-02-02" 1 --> 2
        y-axis "flakes per 100 pull requests"
        bar [2.00, 0.00]
        line [1.00, 1.00]
      \`\`\`

      - Error budget, 28 days: 4 flakes; budget 3.2 (exceeded)
      - This quarter (since 2026-01-01): out of SLA on 3 days and in 1 week; 1 pull request that fixes flakes merged

      <sub>Rate: flakes not caused by the pull request / pull requests tested, as in the Kubernetes Testing Flakiness SLA. Definition version 2. This issue closes automatically when the repository is back in SLA. Reopen it to keep it open.</sub>"
    `)
  })

  test('with an incident and without a dashboard has one more section', () => {
    const body = breachBody(aBreach({ incidents: [incident], trend: [day(null), day(null)] }))
    expect(body.slice(body.indexOf('### Most'))).toMatchInlineSnapshot(`
      "### Most expensive jobs
      | Job | Flakes | Pull requests hit | Time lost | Since |
      | --- | ---: | --- | --- | --- |
      | \`e2e\` | 3 | #1, #2, #3 | – | first flake 2026-01-01 |

      ### Incidents
      The base branch or a service was broken, not the job. These flakes count and are listed separately.
      - From 2026-02-02 09:07 UTC, \`a\`, \`b\`, \`c\` failed everywhere, then passed again: 2 flakes on #7

      ### Trend
      Out of SLA on 0 of the 0 days with a tested pull request in the last 2 days.

      \`\`\`mermaid
      xychart-beta
        x-axis "days up to 2026-02-02" 1 --> 2
        y-axis "flakes per 100 pull requests"
        bar [0.00, 0.00]
        line [1.00, 1.00]
      \`\`\`
      2 days without a tested pull request have no bar: no data, not zero.

      - Error budget, 28 days: 4 flakes; budget 3.2 (exceeded)
      - This quarter (since 2026-01-01): out of SLA on 3 days and in 1 week; 1 pull request that fixes flakes merged

      <sub>Rate: flakes not caused by the pull request / pull requests tested, as in the Kubernetes Testing Flakiness SLA. Definition version 2. This issue closes automatically when the repository is back in SLA. Reopen it to keep it open.</sub>"
    `)
  })

  test('lists ten incidents at most', () => {
    const body = breachBody(aBreach({ incidents: Array(11).fill(incident) }))
    expect(body.match(/failed everywhere/g)).toHaveLength(10)
  })

  test('counts no others when eight pull requests and ten jobs are named', () => {
    const jobs = Array.from({ length: 10 }, () => aCostlyJob({ pull_requests: [1, 2, 3, 4, 5, 6, 7, 8] }))
    expect(breachBody(aBreach({ jobs }))).not.toContain(' more')
  })

  test.each([
    [{ rerun_s: 600, waited_s: 0 }, '| 10 min of re-runs |'],
    [{ rerun_s: 0, waited_s: 600 }, '| 10 min of waiting |'],
  ])('says which time was lost: %o', (differs, cell) => {
    expect(breachBody(aBreach({ jobs: [aCostlyJob(differs)] }))).toContain(cell)
  })

  test('omits the probability of a breach where none is known', () => {
    expect(breachBody(aBreach({ sla: { ...aSla(), breach_probability: null } })).split('\n')[2]).toBe('')
  })
})

describe('the note', () => {
  const note = (differs: Partial<Breach>) => linesWith('<sub>', differs)[0]

  test('names the definition version and says how the issue closes', () => {
    expect(note({})).toBe(
      '<sub>Rate: flakes not caused by the pull request / pull requests tested, as in the Kubernetes Testing Flakiness SLA. Definition version 2. This issue closes automatically when the repository is back in SLA. Reopen it to keep it open.</sub>',
    )
  })

  test('says when every job counts and why the list could not be read', () => {
    expect(
      note({ required: { source: 'all', problem: 'Grant X.', missing: [], assumed_before: null } }),
    ).toContain(' No required jobs are known, so every job seen on pull requests counts. Grant X. This issue')
  })
})
