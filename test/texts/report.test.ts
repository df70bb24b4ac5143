/** What `/flake-report` says: every first line and every kind of cell, from data alone. */
import { describe, expect, test } from 'vitest'
import { budgetText, flakedElsewhere, reportText, windowText } from '../../src/texts/report.ts'
import { firstLine, lastOutcome, retestChance } from '../../src/texts/report-advice.ts'
import type { Report, ReportJob } from '../../src/texts/report-facts.ts'
import { aFlake, aJob, aReport, aSla, elsewhere, HEAD, runs } from './facts.ts'

const GREEN_BASE = { outcome: 'pass', reason: null, url: null }
const RED_BASE = { outcome: 'fail', reason: null, url: null }
const OFTEN = { retested: 20, passed: 18 }
const SELDOM = { retested: 20, passed: 3 }

/** The first line for these notable jobs. */
function lineOf(jobs: ReportJob[], differs: Partial<Report> = {}): string {
  return firstLine(aReport({ jobs, ...differs }), jobs)
}

describe('the first line', () => {
  test.each<[string, ReportJob[], Partial<Report>, string]>([
    [
      'says that nothing is recorded without a head',
      [],
      { headSha: null },
      '**No results yet.** Results of this pull request are recorded from now on.',
    ],
    ['says that the head has no results', [], {}, '**No result at aaaaaaa yet.**'],
    [
      'says that only gates have results',
      [],
      { gates: [{ job: 'EasyCLA', why: 'known to state: CLA signed' }] },
      '**No test has a result at aaaaaaa yet**, only gates.',
    ],
    [
      'says that the named job is a gate',
      [],
      { onlyJob: 'EasyCLA', gates: [{ job: 'EasyCLA', why: 'known to state: CLA signed' }] },
      '**`EasyCLA` is a gate, not a test.** Its results count in no figure.',
    ],
    [
      'lists the jobs with results when the named job has none',
      [],
      { onlyJob: 'e2e', otherJobs: ['lint', 'unit'] },
      '**No result of `e2e` at aaaaaaa.** Jobs with results: `lint`, `unit`.',
    ],
    [
      'lists ten jobs with results at most',
      [],
      { onlyJob: 'e2e', otherJobs: 'abcdefghijkl'.split('') },
      '**No result of `e2e` at aaaaaaa.** Jobs with results: `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j` and 2 more.',
    ],
    [
      'says that no job has reported when the named job is not the only one without a result',
      [],
      { onlyJob: 'e2e' },
      '**No result of `e2e` at aaaaaaa.** No job has reported yet.',
    ],
    [
      'asks for nothing when the flaky job passed after a re-run',
      [aJob({ runs: runs('fail pass'), flake: aFlake('not_caused_by_pr', 0.03) })],
      {},
      '**Nothing to do:** 1 job flaked at aaaaaaa and passed after a re-run.',
    ],
    [
      'recommends a retest when the job flakes elsewhere and no retest is known',
      [aJob({ baseRate: elsewhere([3, 4], 50) })],
      {},
      '**A retest is likely to help:** `unit` also flakes on other pull requests.',
    ],
    [
      'recommends a retest when most retests elsewhere pass',
      [aJob({ retests: OFTEN })],
      {},
      '**A retest is likely to help:** `unit` also flakes on other pull requests.',
    ],
    [
      'recommends a retest at even odds',
      [aJob({ retests: { retested: 4, passed: 2 } })],
      {},
      '**A retest is likely to help:** `unit` also flakes on other pull requests.',
    ],
    [
      'recommends no retest when most retests elsewhere fail',
      [aJob({ baseRate: elsewhere([3], 50), retests: SELDOM })],
      {},
      '**Look at this failure first:** `unit` does not flake on other pull requests.',
    ],
    [
      'falls back on flakes elsewhere with too few retests',
      [aJob({ baseRate: elsewhere([3], 50), retests: { retested: 2, passed: 0 } })],
      {},
      '**A retest is likely to help:** `unit` also flakes on other pull requests.',
    ],
    [
      'asks to look at a failure that nothing explains',
      [aJob({ baseRate: elsewhere([], 50) })],
      {},
      '**Look at this failure first:** `unit` does not flake on other pull requests.',
    ],
    [
      'asks to wait when the base branch is red too',
      [aJob({ base: RED_BASE, baseRate: elsewhere([3], 50) })],
      {},
      '**Wait before you retest:** `unit` fails on the base branch too.',
    ],
    [
      'takes a flake attributed to the pull request for its own',
      [aJob({ runs: runs('pass fail'), flake: aFlake('caused_by_pr', 0.97), base: RED_BASE })],
      {},
      '**This looks like yours:** `unit` flakes on this pull request and rarely on others.',
    ],
    [
      'does not take an undecided flake for its own',
      [aJob({ runs: runs('pass fail fail fail'), flake: aFlake('undetermined', 0.5) })],
      {},
      '**Look at this failure first:** `unit` does not flake on other pull requests.',
    ],
    [
      'takes three failures without a pass for its own',
      [aJob({ runs: runs('fail fail fail') })],
      {},
      '**This looks like yours:** `unit` failed every time on this pull request.',
    ],
    [
      'does not take two failures for its own',
      [aJob({ runs: runs('fail fail') })],
      {},
      '**Look at this failure first:** `unit` does not flake on other pull requests.',
    ],
    [
      'does not take three failures for its own when the base branch is red',
      [aJob({ runs: runs('fail fail fail'), base: RED_BASE })],
      {},
      '**Wait before you retest:** `unit` fails on the base branch too.',
    ],
    [
      'does not take three failures for its own when retests mostly pass',
      [aJob({ runs: runs('fail fail fail'), retests: OFTEN, base: GREEN_BASE })],
      {},
      '**A retest is likely to help:** `unit` also flakes on other pull requests.',
    ],
    [
      'joins own flakes and own failures in one sentence',
      [
        aJob({ name: 'a', runs: runs('fail fail fail') }),
        aJob({ name: 'b', runs: runs('pass fail'), flake: aFlake('caused_by_pr', 0.97) }),
      ],
      {},
      '**This looks like yours:** `a`, `b` failed on this pull request and rarely on others.',
    ],
    [
      'names three jobs and counts the others',
      'abcde'.split('').map((name) => aJob({ name, retests: OFTEN })),
      {},
      '**A retest is likely to help:** `a`, `b`, `c` and 2 more also flake on other pull requests.',
    ],
    [
      'gives each group of red jobs its sentence, own ones first',
      [
        aJob({ name: 'a', runs: runs('fail fail fail') }),
        aJob({ name: 'b', base: RED_BASE }),
        aJob({ name: 'c', base: RED_BASE }),
        aJob({ name: 'd', retests: OFTEN }),
        aJob({ name: 'e' }),
        aJob({ name: 'f' }),
      ],
      {},
      '**This looks like yours:** `a` failed every time on this pull request. **Wait before you retest:** `b`, `c` fail on the base branch too. **A retest is likely to help:** `d` also flakes on other pull requests. **Look at these failures first:** `e`, `f` do not flake on other pull requests.',
    ],
  ])('%s', (_, jobs, differs, line) => {
    expect(lineOf(jobs, differs)).toBe(line)
  })

  test('says that nothing failed when every job is green', () => {
    const line = (...outcomes: string[]) =>
      firstLine(aReport({ jobs: outcomes.map((outcome) => aJob({ runs: runs(outcome) })) }), [])
    expect(line('pass')).toBe('**The only job passed** at aaaaaaa.')
    expect(line('pass', 'pass')).toBe('**All 2 jobs passed** at aaaaaaa.')
    expect(line('pass', 'skipped')).toBe('**No job failed: 1 of 2 jobs passed** at aaaaaaa.')
  })
})

describe('the odds of a retest', () => {
  test.each<[string, { retested: number; passed: number } | null, number | null]>([
    ['are unknown without retests', null, null],
    ['are unknown after two retests', { retested: 2, passed: 2 }, null],
    ['are the mean under Jeffreys’ prior from three on', { retested: 3, passed: 3 }, 3.5 / 4],
    ['never reach zero', { retested: 9, passed: 0 }, 0.05],
  ])('%s', (_, retests, chance) => {
    expect(retestChance({ retests })).toBe(chance)
  })

  test.each([
    ['fail pass', 'pass'],
    ['pass fail', 'fail'],
    ['fail aborted', 'fail'],
    ['aborted infra', null],
  ])('the newest result of "%s" is %s', (outcomes, last) => {
    expect(lastOutcome({ runs: runs(outcomes) })).toBe(last)
  })
})

/** The cells of the first row of the report's table. */
function row(job: Partial<ReportJob>): string[] {
  const line = reportText(aReport({ jobs: [aJob(job)] })).split('\n')[4] ?? ''
  return line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''))
}

describe('a row', () => {
  test.each<[string, Partial<ReportJob>, number, string]>([
    ['names the job', {}, 0, '`unit`'],
    [
      'links the tracking issue',
      { issue: { label: '#12', url: 'https://github.com/a/b/issues/12' } },
      0,
      '`unit`<br>tracked in [#12](https://github.com/a/b/issues/12)',
    ],
    ['shows runs oldest first', { runs: runs('fail pass fail') }, 1, '❌ failed → ✅ passed → ❌ failed'],
    [
      'shows the newest six runs and counts the older ones',
      { runs: runs('pass pass fail fail fail fail fail fail') },
      1,
      `2 more → ${Array(6).fill('❌ failed').join(' → ')}`,
    ],
    [
      'shows runs without a result',
      { runs: runs('aborted infra skipped fail') },
      1,
      '⊘ aborted → ⚠ infrastructure → – skipped → ❌ failed',
    ],
    ['leaves the cause open until a re-run', {}, 2, 'unknown until it is re-run'],
    ['counts failures without a pass', { runs: runs('fail fail') }, 2, 'unknown: it failed all 2 times'],
    [
      'says that the pull request is not the cause',
      { flake: aFlake('not_caused_by_pr', 0.03) },
      2,
      'no (3% likely this pull request)',
    ],
    [
      'says that the pull request is the cause',
      { flake: aFlake('caused_by_pr', 0.999) },
      2,
      'yes (over 99% likely this pull request)',
    ],
    ['leaves an undecided flake open', { flake: aFlake('undetermined', null) }, 2, 'undecided'],
    [
      'names an incident instead of odds',
      { flake: aFlake('not_caused_by_pr', 0.03, 'i-1') },
      2,
      'no: it failed on all pull requests at that time',
    ],
    ['says that no other pull request ran the job', {}, 3, 'not run on other pull requests in 14 days'],
    [
      'says that the job never flaked elsewhere',
      { baseRate: elsewhere([], 1) },
      3,
      'flaked on none of 1 other pull request in 14 days',
    ],
    [
      'names five pull requests on which it flaked',
      {
        baseRate: { ...elsewhere([9, 8, 7, 6, 5, 4], 1200), last_flaky_at: '2026-02-02T10:00:00Z' },
        base: GREEN_BASE,
      },
      3,
      'flaked on 6 of 1,200 other pull requests in 14 days: #9, #8, #7, #6, #5, …; last flake 2026-02-02; green on the base branch',
    ],
    [
      'shows a red base branch',
      { base: RED_BASE },
      3,
      'not run on other pull requests in 14 days; red on the base branch',
    ],
    ['needs no retest after a pass', { runs: runs('fail pass'), flake: aFlake(null, null) }, 4, 'not needed'],
    ['has no retest data', {}, 4, 'no data: never retested elsewhere'],
    [
      'has too little retest data',
      { retests: { retested: 1, passed: 1 } },
      4,
      'too little data: 1 retest elsewhere',
    ],
    ['shows the odds of a retest', { retests: OFTEN }, 4, '88% likely to pass (18 of 20 passed elsewhere)'],
  ])('%s', (_, job, cell, text) => {
    expect(row(job)[cell]).toBe(text)
  })
})

describe('the comment', () => {
  test('lists red jobs first, then flaky ones, and leaves green ones out', () => {
    const jobs = [
      aJob({ name: 'green', runs: runs('pass') }),
      aJob({ name: 'flaky', runs: runs('fail pass'), flake: aFlake('undetermined', 0.2) }),
      aJob({ name: 'red' }),
    ]
    const names = [...reportText(aReport({ jobs })).matchAll(/^\| `(\w+)`/gm)].map((match) => match[1])
    expect(names).toEqual(['red', 'flaky'])
  })

  test('shows twenty jobs and counts the others', () => {
    const jobs = Array.from({ length: 23 }, (_, i) => aJob({ name: `job-${i}` }))
    const text = reportText(aReport({ jobs }))
    expect(text.match(/^\| `job-/gm)).toHaveLength(20)
    expect(text).toContain('\n\nand 3 more\n')
  })

  test('folds earlier commits away, with the cause of their flakes', () => {
    const earlier = Array.from({ length: 21 }, (_, i) => ({
      head_sha: (i % 2 ? 'b' : 'c').repeat(40),
      name: 'unit',
      runs: runs('fail pass'),
      flake: i === 0 ? aFlake('caused_by_pr', 0.97) : null,
    }))
    const text = reportText(aReport({ earlier }))
    expect(text).toContain('<details><summary>Failures at 2 earlier commits</summary>')
    expect(text).toContain(
      '- ccccccc `unit`: ❌ failed → ✅ passed; caused by this pull request? yes (97% likely this pull request)\n',
    )
    expect(text).toContain('\n- and 1 more\n')
  })

  test('ends with the SLA, the budget and what could not be read', () => {
    const text = reportText(
      aReport({
        day: aSla({ prs: 31, flakes_counted: 1, flakes_low: 1, flakes_high: 1 }),
        week: aSla(),
        budget: { first: '2026-01-05', allowed: 1.36, spent: 15 },
        required: {
          source: 'all',
          problem: 'Grant **Administration: read**.',
          missing: [],
          assumed_before: null,
        },
        settingsProblems: ['line 1: target: is 5', ...'abcdef'.split('')],
      }),
    )
    expect(text.slice(text.indexOf('SLA:'))).toMatchInlineSnapshot(`
      "SLA: flakes not caused by the pull request / pull requests tested; the target is below 1%
      - Today so far: 3.23%, out of SLA (1 / 31, small sample)
      - This week so far: 2%, out of SLA (4 / 200)
      - Error budget, 28 days: 15 flakes; budget 1.4 (exceeded)

      The settings file cannot be used. The last usable settings stay in force:

      - \`line 1: target: is 5\`
      - \`a\`
      - \`b\`
      - \`c\`
      - \`d\`

      <sub>No required jobs are known, so every job seen on pull requests counts. Grant **Administration: read**.</sub>"
    `)
  })

  test('says nothing of a budget without tested pull requests', () => {
    expect(reportText(aReport({ budget: { first: '2026-01-05', allowed: 0, spent: 0 } }))).not.toContain(
      'budget',
    )
    expect(reportText(aReport())).toContain('- Today so far: no data\n')
  })
})

describe('a figure in words', () => {
  test.each([
    [{ allowed: 1.36, spent: 15 }, '15 flakes; budget 1.4 (exceeded)'],
    [{ allowed: 1, spent: 1 }, '1 flake; budget 1'],
    [{ allowed: 1234.4, spent: 0 }, '0 flakes; budget 1,234'],
  ])('the budget %o is "%s"', (budget, text) => {
    expect(budgetText(budget)).toBe(text)
  })

  test.each([
    [null, 'no data'],
    [aSla({ prs: 0, flakes_counted: 0 }), 'no data'],
    [aSla({ prs: 1000, flakes_counted: 9 }), '0.9%, in SLA (9 / 1,000)'],
    [aSla({ prs: 99, flakes_counted: 0 }), '0%, in SLA (0 / 99, small sample)'],
    [aSla({ prs: 100, flakes_counted: 1 }), '1%, out of SLA (1 / 100)'],
  ])('a window is summed up', (sla, text) => {
    expect(windowText(sla)).toBe(text)
  })

  test.each<[number, number, number[], string]>([
    [0, 0, [], 'no results on other pull requests in 14 days'],
    [0, 1, [], 'flaked on none of 1 result on other pull requests in 14 days'],
    [5, 187, [12, 34], 'also flaked on 5 of 187 results on other pull requests in 14 days: #12, #34'],
    [2, 20, [], 'also flaked on 2 of 20 results on other pull requests in 14 days'],
  ])('%i of %i results elsewhere', (k, n, seenOn, text) => {
    expect(flakedElsewhere(k, n, seenOn, 14)).toBe(text)
  })

  test('the head is shortened to seven characters', () => {
    expect(firstLine(aReport({ jobs: [] }), [])).toContain(HEAD.slice(0, 7))
  })
})

test('the notes name the gates that are left out, and why', () => {
  const gates = Array.from({ length: 12 }, (_, i) => ({
    job: `gate-${i}`,
    why: 'known to state: CLA signed',
  }))
  const noteOf = (count: number) => reportText(aReport({ gates: gates.slice(0, count) }))
  expect(noteOf(0)).not.toContain('Left out')
  expect(noteOf(1)).toContain('<sub>Left out: gate `gate-0` (known to state: CLA signed).</sub>')
  expect(noteOf(2)).toContain('Left out: gates `gate-0` (known to state: CLA signed), `gate-1` (')
  expect(noteOf(12)).toContain('`gate-9` (known to state: CLA signed), and 2 more.')
})
