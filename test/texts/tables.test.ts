/** The tables for terminals and documents, links, and long bodies, from data alone. */
import { describe, expect, test } from 'vitest'
import { COMMAND_RULES } from '../../src/domain/command-help.ts'
import { helpText } from '../../src/texts/help.ts'
import { clipBody, link } from '../../src/texts/markdown.ts'
import { type SlaTableInput, slaTable } from '../../src/texts/sla-table.ts'
import { versionsTable } from '../../src/texts/versions-table.ts'

type Window = SlaTableInput['windows'][number]

function aWindow(differs: Partial<Window> = {}): Window {
  return {
    ...{ kind: 'day', start: '2026-02-02', partial: false, prs: 100, flakes: 3, flakes_counted: 2 },
    ...{
      rate: 0.02,
      rate_low: 0.02,
      rate_high: 0.02,
      breached: true,
      target: 0.01,
      breach_probability: 0.85,
    },
    ...differs,
  }
}

const STATE = { source: 'all' as const, problem: null, missing: [], assumed_before: null }

function aTable(differs: Partial<SlaTableInput> = {}): SlaTableInput {
  return {
    repository: 'acme/widgets',
    required: { ...STATE, source: 'protection', jobs: ['unit'] },
    since: '2026-01-05',
    as_of: '2026-02-02T12:00:00Z',
    windows: [aWindow()],
    jobs: [{ name: 'unit', flakes_counted: 2, pull_requests: [7, 8] }],
    left_out: [],
    ...differs,
  }
}

describe('the SLA table', () => {
  test('for a terminal is aligned', () => {
    const week = aWindow({ kind: 'week', prs: 5, rate: 0.5, breached: false, rate_low: 0.1 })
    expect(slaTable(aTable({ windows: [aWindow(), week] }), false)).toBe(
      [
        'acme/widgets: flakes not caused by the pull request / pull requests tested',
        '',
        '  window           rate  range      flakes counted  pull requests  state',
        '  day 2026-02-02   2%    –          2 of 3          100            OUT OF SLA',
        '  week 2026-02-02  50%   10% to 2%  2 of 3          5              in SLA',
        '',
        '  job   flakes counted  pull requests hit',
        '  unit  2               2',
        '',
        '1 required job (protection); as of 2026-02-02T12:00:00Z',
      ].join('\n'),
    )
  })

  test('in Markdown has a heading and code cells', () => {
    expect(slaTable(aTable(), true)).toBe(
      [
        '### acme/widgets: flakes not caused by the pull request / pull requests tested',
        '',
        '| window | rate | range | flakes counted | pull requests | state |',
        '| --- | --- | --- | --- | --- | --- |',
        '| day 2026-02-02 | 2% | – | 2 of 3 | 100 | OUT OF SLA |',
        '',
        '| job | flakes counted | pull requests hit |',
        '| --- | --- | --- |',
        '| `unit` | 2 | 2 |',
        '',
        '1 required job (protection); as of 2026-02-02T12:00:00Z',
      ].join('\n'),
    )
  })

  test.each<[string, Partial<SlaTableInput>, string]>([
    [
      'that every job counts',
      { required: { ...STATE, jobs: [] } },
      'every job seen on pull requests counts; as of 2026-02-02T12:00:00Z',
    ],
    ['that there is no data yet', { as_of: null }, '1 required job (protection); no data yet'],
    ['what could not be read', { required: { ...STATE, jobs: [], problem: 'Grant X.' } }, 'Grant X.'],
    [
      'a required job without results',
      {
        required: {
          ...{ ...STATE, source: 'config', jobs: ['unit'] },
          missing: [{ name: 'unit', last_result_at: '2026-01-31T10:00:00.000Z' }],
        },
      },
      'unit is required, but has had no result since 2026-01-31.',
    ],
    ['only its basis without jobs', { jobs: [] }, '1 required job (protection); as of 2026-02-02T12:00:00Z'],
  ])('ends with %s', (_rule, differs, last) => {
    expect(slaTable(aTable(differs), false).split('\n').at(-1)).toBe(last)
  })

  test('leaves the table of jobs out without jobs', () => {
    expect(slaTable(aTable({ jobs: [] }), false)).not.toContain('pull requests hit')
  })

  test('lists ten jobs, without the control characters of their names', () => {
    const jobs = Array.from({ length: 11 }, (_, i) => {
      return { name: `\u001b[31mjob ${i}`, flakes_counted: 1, pull_requests: [] }
    })
    const text = slaTable(aTable({ jobs }), false)
    expect(text.match(/job \d/g)).toHaveLength(10)
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('`')
  })

  test.each<[string, Partial<Window>, string]>([
    ['no data without a tested pull request', { prs: 0 }, 'no data'],
    ['out of SLA', {}, 'OUT OF SLA'],
    ['in SLA', { breached: false }, 'in SLA'],
    ['in SLA so far while the window lasts', { breached: false, partial: true }, 'in SLA so far'],
  ])('says of a window: %s', (_rule, differs, state) => {
    expect(slaTable(aTable({ windows: [aWindow(differs)] }), true)).toContain(`| ${state} |\n`)
  })
})

test('the table of definition versions has a column for each version', () => {
  const figures = (definition_version: number, flakes_counted: number, rate: number | null) => {
    return { definition_version, flakes_counted, prs: 100, rate }
  }
  const weeks = [
    { start: '2026-01-26', versions: [figures(10, 3, 0.03), figures(2, 2, 0.02)] },
    { start: '2026-02-02', versions: [figures(2, 0, 0)] },
  ]
  expect(versionsTable({ repository: 'acme/widgets', flakes: 1, weeks })).toBe(
    [
      'acme/widgets: 1 flake re-evaluated',
      'week of     version 2             version 10',
      '2026-01-26  2 / 100 = 2%          3 / 100 = 3%',
      '2026-02-02  0 / 100 = 0%          –',
    ].join('\n'),
  )
})

test('the help lists each command with its forms, and the rules for all', () => {
  const commands = [{ usage: '/a, /a JOB', who: 'everybody', what: 'Does A.', example: '/a unit' }]
  expect(helpText(commands)).toBe(
    [
      '**flake-sla commands**',
      '',
      '| Command | Who can use it | What it does | Example |',
      '| --- | --- | --- | --- |',
      '| `/a`, `/a JOB` | everybody | Does A. | `/a unit` |',
      '',
      COMMAND_RULES.join(' '),
    ].join('\n'),
  )
})

test.each<[string, string | null, string]>([
  ['is a link', 'https://ci.example/1?a=b#c', '[run](https://ci.example/1?a=b#c)'],
  ['may be unencrypted', 'http://ci.example/1', '[run](http://ci.example/1)'],
  ['is only its text without a URL', null, 'run'],
  ['is only its text with an empty URL', '', 'run'],
  ['is only its text with another scheme', 'javascript:alert(1)', 'run'],
  ['is only its text when http comes later', 'see https://ci.example/1', 'run'],
  ['is only its text with a parenthesis in the URL', 'https://ci.example/1)', 'run'],
  ['is only its text with a space in the URL', 'https://ci.example/1 2', 'run'],
])('a link %s', (_rule, url, text) => {
  expect(link('run', url)).toBe(text)
})

test.each([
  ['of 60,000 characters stays', 'a'.repeat(60_000), 'a'.repeat(60_000)],
  [
    'of more is cut at the end of its last whole line',
    `first\nsecond\n${'a'.repeat(60_000)}`,
    'first\nsecond\n\n(cut here: the text is too long for GitHub)',
  ],
])('a body %s', (_rule, body, text) => {
  expect(clipBody(body)).toBe(text)
})
