/** Every text with hostile names, rendered by a real Markdown renderer: no name may act as markup. */
import { answerOf, huntMarkdown } from '@flake-sla/hunt'
import MarkdownIt from 'markdown-it'
import { describe, expect, test } from 'vitest'
import { aHunt, aRun } from '../../packages/hunt/test/hunts.ts'
import { slaOf } from '../../src/domain/sla.ts'
import { COMMANDS } from '../../src/features/all.ts'
import type { Breach, CostlyJob } from '../../src/texts/breach-facts.ts'
import { breachBody, breachTitle } from '../../src/texts/breach-issue.ts'
import { helpText } from '../../src/texts/help.ts'
import { huntBegunText, huntEndedText, huntRefusedText, noJobText } from '../../src/texts/hunt.ts'
import { reportText } from '../../src/texts/report.ts'
import type { Report, ReportJob } from '../../src/texts/report-facts.ts'
import { settingsCheckSummary } from '../../src/texts/settings-check.ts'

const NAMES = [
  '@everyone',
  '](javascript:1)',
  '[x](javascript:alert(1))',
  '| a | b',
  '/approve',
  '\n/approve\n',
  '`/approve`',
  '``` \n# heading',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '--><script>',
  '</details></table>',
  '![p](https://evil.example/p.png)',
  'https://evil.example',
  'GH-1 #1 acme/widgets#2',
  '\u202Etxt.exe\u202C',
  '\u0000\u0007\u001B[31m',
  '😀'.repeat(300),
  '\\',
  '`',
  '``|``',
  '',
  '   ',
  '*bold* _it_ ~~no~~ $x$',
]
const URLS = [
  'javascript:alert(1)',
  'https://ok.example/a)b',
  'https://ok.example/run?a=1&b=2',
  'data:text/html,x',
  null,
]

// As GitHub does: tables, HTML let through, addresses made links.
const markdown = new MarkdownIt({ html: true, linkify: true })
const counts = { ...emptyCounts(), prs: 50, flakes: 2, flakes_counted: 2 }
const sla = slaOf(counts)

function emptyCounts() {
  const none = { flakes_low: 0, flakes_high: 0, flakes_caused_by_pr: 0, flakes_undetermined: 0 }
  return { ...none, strong: 0, weak: 0, prs_with_flakes: 0, target: 0.01 }
}

function job(name: string, i: number, outcome = 'fail'): ReportJob {
  const url = URLS[i % URLS.length] ?? null
  return {
    name,
    runs: [{ outcome, reason: null, url }],
    flake: null,
    baseRate: {
      flaky: 2,
      verdicts: 9,
      seen_on: [3, 4],
      pull_requests: 5,
      last_flaky_at: '2026-02-02T00:00:00Z',
    },
    retests: { retested: 9, passed: 8 },
    base: { outcome: 'pass', reason: null, url },
    issue: null,
  }
}

function report(names: readonly string[], more: Partial<Report> = {}): Report {
  return {
    number: 7,
    headSha: 'a'.repeat(40),
    jobs: names.map((name, i) => job(name, i)),
    earlier: names.map((name, i) => ({ ...job(name, i), head_sha: 'b'.repeat(40) })),
    required: { source: 'all', problem: null, missing: [], assumed_before: null },
    day: sla,
    week: sla,
    budget: { first: '2026-01-05', allowed: 3.2, spent: 4 },
    target: 0.01,
    onlyJob: null,
    unknownJob: null,
    otherJobs: [],
    settingsProblems: [],
    gates: [],
    baseRateDays: 14,
    ...more,
  }
}

function costly(name: string, i: number): CostlyJob {
  const times = { rerun_s: 600, waited_s: 7300 }
  const url = URLS[i % URLS.length] ?? null
  return {
    name,
    flakes: 2,
    pull_requests: [1, 2],
    ...times,
    owners: [name],
    first_seen: '2026-01-01',
    change: null,
    example: url,
  }
}

function breach(names: readonly string[]): Breach {
  return {
    day: '2026-02-02',
    sla,
    definitionVersion: 1,
    required: { source: 'config', problem: null, missing: [], assumed_before: null },
    jobs: names.map(costly),
    incidents: [{ from_at: '2026-02-02T00:00:00Z', jobs: [...names], flakes: 2, pull_requests: [1] }],
    trend: [{ day: '2026-02-02', rate: 0.04, breached: true }],
    weeks: [],
    budget: { first: '2026-01-05', allowed: 3, spent: 4 },
    quarter: { start: '2026-01-01', days: 1, weeks: 1, fixes: 0, labels: [...names] },
    previous: [{ day: '2026-02-01', url: 'javascript:alert(1)' }],
    measuredRepository: null,
    dashboardUrl: 'https://flakes.example.org/acme/widgets',
    pictureUrl: null,
  }
}

/** A hunt that fails on one node, with the names in its output and in its test reports. */
function hunted(names: readonly string[]): string {
  const [name = ''] = names
  const runs = Array.from({ length: 40 }, (_, i) =>
    aRun(i + 1, {
      node: i % 8 === 0 ? `${name}!` : 'other',
      ...(i % 8 === 0 && { outcome: 'failed', message: name, output: `${names.join('\n')}\n ${name}\n\t/x` }),
    }),
  )
  const tests = names.map((name) => ({ name, passed: 1, failed: 2, flaked: 3, skipped: 0, message: name }))
  const reports = { read: 3, broken: 1, problems: [...names] }
  const answer = answerOf(aHunt(runs, { tests, reports, parallel: 8 }))
  if (!answer.concentration.some(({ by }) => by === 'node')) throw new Error('no node is named')
  const requested = { job: name, headSha: 'a'.repeat(40), askedBy: name }
  const page = 'https://flakes.example.org/acme/widgets/jobs/1'
  return huntEndedText(requested, { answer: huntMarkdown(answer), brokenOff: null, isRed: true, page })
}

const TEXTS: [string, (names: readonly string[]) => string][] = [
  ['the report', (names) => reportText(report(names))],
  [
    'the report on one job',
    ([name = '', ...rest]) => reportText(report([], { onlyJob: name, otherJobs: rest })),
  ],
  ['the report when no job has that name', ([name = '']) => reportText(report([], { unknownJob: name }))],
  [
    'the report with gates',
    (names) =>
      reportText(report([], { gates: names.map((job) => ({ job, why: 'known to state: CLA signed' })) })),
  ],
  ['the report with broken settings', (names) => reportText(report([], { settingsProblems: [...names] }))],
  ['the breach issue', (names) => breachBody(breach(names))],
  [
    'the settings check',
    (names) =>
      settingsCheckSummary({
        problems: [],
        changes: names.map((name) => ({ setting: 'ignore', before: '[]', after: name })),
        jobsAdded: [...names],
        jobsDropped: [...names],
        isOrganisation: true,
      }),
  ],
  [
    'the settings check of a broken file',
    (names) =>
      settingsCheckSummary({
        problems: [...names],
        changes: [],
        jobsAdded: [],
        jobsDropped: [],
        isOrganisation: false,
      }),
  ],
  ['the answer of a hunt', hunted],
  [
    'the beginning of a hunt, and why there is none',
    ([name = '', other = '']) => {
      const requested = { job: name, headSha: 'a'.repeat(40), askedBy: name, runs: 5, wanted: 9, minutes: 60 }
      const refused = [noJobText(name, 'a'.repeat(40), [name, other]), huntRefusedText(name, name)]
      return [huntBegunText(requested), ...refused].join('\n\n')
    },
  ],
  ['the help', () => helpText(COMMANDS)],
]

/** What GitHub would act on: text outside code, where mentions, references and commands count. */
function outsideCode(html: string): string {
  return html.replace(/<pre><code[\s\S]*?<\/code><\/pre>/g, '').replace(/<code>[\s\S]*?<\/code>/g, '')
}

describe.each(TEXTS)('%s', (_, textOf) => {
  describe.each(NAMES)('with a job called %j', (name) => {
    const body = textOf([name, 'unit'])
    const html = markdown.render(body)

    test('mentions no user, runs no command, and links only to expected addresses', () => {
      const outside = outsideCode(html)
      expect(outside).not.toMatch(/(^|[^\w`])@\w/)
      expect(html).not.toMatch(/<(script|img|iframe|style)\b/i)
      expect(html).not.toMatch(/<[^>]*\son\w+=/i)
      const links = [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1] ?? '')
      expect(links.filter((link) => !/^https:\/\/(ok|flakes)\.example/.test(link))).toEqual([])
      expect(outside).not.toMatch(/evil\.example|acme\/widgets#2/)
    })

    test('contains no command for a bot', () => {
      expect(body.split('\n').filter((line) => /^\s*\//.test(line))).toEqual([])
    })

    test('keeps the number of cells in every row', () => {
      for (const table of html.match(/<table>[\s\S]*?<\/table>/g) ?? []) {
        const heads = table.match(/<th[ >]/g)?.length ?? 0
        for (const row of table.match(/<tr>[\s\S]*?<\/tr>/g) ?? [])
          expect(row.match(/<t[hd][ >]/g)?.length).toBe(heads)
        expect(table).toContain('unit')
      }
    })

    test('closes every element, and does not reverse the text direction', () => {
      const opened = html.match(/<details>/g)?.length ?? 0
      expect(html.match(/<\/details>/g)?.length ?? 0).toBe(opened)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not get through
      expect(body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/)
      expect(body.isWellFormed()).toBe(true)
    })
  })

  test('fits GitHub’s limit with many long names', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `${i} ${'😀|`'.repeat(200)}`)
    expect([...textOf(many)].length).toBeLessThan(62_000)
    expect(Buffer.byteLength(textOf(many))).toBeLessThan(262_144)
  })
})

test('twenty rows, then how many more', () => {
  const body = reportText(
    report(
      Array.from({ length: 27 }, (_, i) => `job ${i}`),
      { earlier: [] },
    ),
  )
  expect(body.match(/^\| `job/gm)).toHaveLength(20)
  expect(body).toMatch(/^and 7 more$/m)
})

test('a title is one line without markup that could act', () => {
  expect(breachTitle({ ...breach([]), measuredRepository: 'acme/widgets' })).toBe(
    'acme/widgets: presubmit flakiness out of SLA on 2026-02-02: 4% (target below 1%)',
  )
})
