/** Commands in comments: where Prow's Go patterns and JavaScript's would disagree, Prow's meaning stands. */
import { describe, expect, test } from 'vitest'
import {
  dropCodeBlocks,
  mayHoldCommand,
  parseCorrection,
  parseFlakeReport,
  parseHunt,
  parseRetests,
  readHunt,
} from '../../src/domain/command.ts'

/** Commands in short: `retest`, `test:a,b`. */
const read = (body: string) =>
  parseRetests(body).map(({ command, jobs }) => (jobs.length > 0 ? `${command}:${jobs.join()}` : command))

describe('a retest', () => {
  test.each([
    ['/retest', ['retest']],
    ['/retest  \t', ['retest']],
    ['/retest\r\n', ['retest']],
    ['please\n/retest\nthank you', ['retest']],
    ['please\r\n/retest\r\nthank you', ['retest']],
    ['/retest-required', ['retest_required']],
    ['/test all', ['test_all']],
    ['/test all,', ['test_all']],
    ['/test all the things', ['test_all', 'test:the,things']],
    ['/test unit', ['test:unit']],
    ['/test unit,', ['test:unit']],
    ['/test unit lint', ['test:unit,lint']],
    ['/test unit\n/test lint\n/test unit', ['test:unit,lint']],
    ['/retest\n/test unit', ['retest', 'test:unit']],
  ])('%j asks for %j', (body, expected) => {
    expect(read(body)).toEqual(expected)
  })

  test.each([
    ['a word in a sentence', 'say /retest to retest'],
    ['indented', ' /retest'],
    ['quoted', '> /retest'],
    ['with a name after it', '/retest unit'],
    ['in capitals', '/Retest'],
    ['longer', '/retests'],
    ['/test alone', '/test'],
    ['/test with a question mark', '/test ?'],
    ['after a tab', '/test\tunit'],
    ['in fenced code', '```\n/retest\n```'],
    ['in code fenced by tildes', '~~~\n/retest\n~~~'],
    ['with a no-break space after it', '/retest\u00a0'],
    ['after a line separator that is no line break to Prow', 'x\u2028/retest'],
    ['before a line separator', '/retest\u2028x'],
    ['after a lone carriage return', 'x\r/retest'],
    ['with a byte order mark', '\ufeff/retest'],
  ])('is not asked for %s', (_name, body) => {
    expect(read(body)).toEqual([])
  })
})

describe('fenced code', () => {
  test.each([
    ['closed', 'a\n```sh\n/retest\n```\nb', 'a\nb'],
    ['never closed', '```\n/retest', '```\n/retest'],
    ['closed at the end', 'a\n```\nx\n```', 'a\n'],
    [
      'with CRLF and text after it, which Prow does not see as closed',
      '```\r\n/retest\r\n```\r\nb',
      '```\r\n/retest\r\n```\r\nb',
    ],
    ['twice', '```\na\n```\n/retest\n```\nb\n```\n', '/retest\n'],
    ['of the other kind inside', '```\n~~~\n```\n/retest', '/retest'],
    ['with a fence inside a line', 'a ```\n/retest\n```', 'a ```\n/retest\n```'],
  ])('%s', (_name, body, kept) => {
    expect(dropCodeBlocks(body)).toBe(kept)
  })

  test('of a hundred thousand fences is read in a moment', () => {
    const started = performance.now()
    dropCodeBlocks('```\n'.repeat(100_000))
    parseRetests('\n```x'.repeat(50_000))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('/flake-report', () => {
  test.each([
    ['/flake-report', null],
    ['/flake-report\r\n', null],
    ['thanks\n/flake-report', null],
    ['/flake-report unit', 'unit'],
    ['/flake-report  ci/unit (20, linux) \r', 'ci/unit (20, linux)'],
    ['/flake-report ?', '?'],
    ['/flake-report a\n/flake-report b', 'a'],
  ])('%j asks about %j', (body, job) => {
    expect(parseFlakeReport(body)).toEqual({ command: 'flake-report', job })
  })

  test.each(['/flake-reports', 'see /flake-report', '> /flake-report', '```\n/flake-report\n```', ''])(
    '%j asks for nothing',
    (body) => {
      expect(parseFlakeReport(body)).toBeNull()
    },
  )
})

test.each([
  ['/x', true],
  ['a\n/x', true],
  ['a /x', false],
  ['', false],
])('%j may hold a command: %s', (body, expected) => {
  expect(mayHoldCommand(body)).toBe(expected)
})

describe('/hunt', () => {
  test.each([
    ['/hunt unit', 'unit'],
    ['/hunt unit (ubuntu, 3) 20\r\n', 'unit (ubuntu, 3) 20'],
    ['please\n/hunt\tunit', 'unit'],
    ['/hunt', ''],
    ['/hunt  ', ''],
    ['/hunts unit', null],
    ['say /hunt unit', null],
    ['> /hunt unit', null],
    ['```\n/hunt unit\n```', null],
  ])('%j says %j', (body, words) => {
    expect(parseHunt(body)).toBe(words)
  })

  test.each([
    ['unit', 'unit', null],
    ['unit 20', 'unit', 20],
    ['unit 0', 'unit', 1],
    ['shard 3', 'shard 3', null],
    ['shard 3 20', 'shard 3', 20],
    ['`shard 7` 20', 'shard 7', 20],
    ['`shard 7`', 'shard 7', null],
    ['20', '20', null],
    ['unit 20 times', 'unit 20 times', null],
  ])('%j is the job %j and %j runs', (words, job, runs) => {
    expect(readHunt(words, ['unit', 'shard 3'])).toEqual({ job, runs })
  })
})

test.each(['/hunt', '/flake', '/flake-report', '/retest', '/test', '/test all'])(
  '%s with a great many spaces and what is no space to Go takes no time',
  (command) => {
    const began = performance.now()
    for (const end of ['', 'x', '\r', '\u2028', ' \u2029 x']) {
      const body = `${command}${' '.repeat(60_000)}${end}`
      const asked = parseHunt(body)
      parseFlakeReport(body)
      parseCorrection(body)
      parseRetests(body)
      if (asked !== null) readHunt(asked, [])
    }
    expect(performance.now() - began).toBeLessThan(1000)
  },
)
