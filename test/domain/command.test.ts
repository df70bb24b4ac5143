/** Which commands a comment contains. Where Go's and JavaScript's patterns differ, a line means what Prow takes it to mean. */
import { describe, expect, test } from 'vitest'
import {
  parseCorrection,
  parseFlakeReport,
  parseHunt,
  parseRetests,
  parseTestLines,
  readHunt,
  retestsIn as retestsOf,
} from '../../src/domain/command.ts'
import { dropCodeBlocks, mayHoldCommand } from '../../src/domain/command-lines.ts'

/** The retest commands of a comment in short: `retest`, `test:a,b`. */
const retestsIn = (body: string) =>
  parseRetests(body).map(({ command, jobs }) => (jobs.length > 0 ? `${command}:${jobs.join()}` : command))

describe('a comment requests a retest', () => {
  test.each<[string, string, string[]]>([
    ['with `/retest` alone on a line', '/retest', ['retest']],
    ['with white space after the command', '/retest  \t', ['retest']],
    ['with a line break in the style of Windows', '/retest\r\n', ['retest']],
    ['between other lines', 'please\n/retest\nthank you', ['retest']],
    ['between other lines that end in CRLF', 'please\r\n/retest\r\nthank you', ['retest']],
    ['of the required jobs', '/retest-required', ['retest_required']],
    ['of the required jobs, with white space after the command', '/retest-required \t', ['retest_required']],
    ['of the required jobs between other lines', 'please\n/retest-required\nthanks', ['retest_required']],
    ['of all jobs between other lines', 'please\n/test all\nthanks', ['test_all']],
    ['of all jobs with `/test all`', '/test all', ['test_all']],
    ['of all jobs with a comma after `all`', '/test all,', ['test_all']],
    ['of all jobs and of each word after `all`', '/test all the things', ['test_all', 'test:the,things']],
    ['of a job with `/test NAME`', '/test unit', ['test:unit']],
    ['of a job that is written with extra spaces', '/test   unit ', ['test:unit']],
    ['of a job without the comma after its name', '/test unit,', ['test:unit']],
    ['of a job whose name contains a comma', '/test a,b', ['test:a,b']],
    ['of several jobs on one line', '/test unit lint', ['test:unit,lint']],
    ['of several jobs that are separated by commas', '/test unit, lint', ['test:unit,lint']],
    ['of a job without the text after a tab', '/test unit\tplease\tnow', ['test:unit']],
    ['of a job without the carriage return of its line', '/test unit\r\nplease', ['test:unit']],
    ['of each job once, however often it is named', '/test unit\n/test lint\n/test unit', ['test:unit,lint']],
    ['of all failed jobs and of a named one', '/retest\n/test unit', ['retest', 'test:unit']],
    ['of a job called `allow`, which is not `all`', '/test allow', ['test:allow']],
    ['of a job in backquotes', '/test `unit`', ['test:unit']],
    ['of a job with spaces in backquotes', '/test `unit (ubuntu, 3)`, lint', ['test:unit (ubuntu, 3),lint']],
    ['of the jobs before a remark', '/test unit lint # flake #5', ['test:unit,lint']],
    ['of the jobs before a number of an issue', '/test unit #5', ['test:unit']],
    ['of a job whose name contains a number sign', '/test c#-unit', ['test:c#-unit']],
    ['of a job in backquotes with a number sign', '/test `build #2` # again', ['test:build #2']],
    ['of all jobs before a remark', '/test all # flake', ['test_all']],
  ])('%s: %j', (_rule, body, commands) => {
    expect(retestsIn(body)).toEqual(commands)
  })
})

describe('a comment requests no retest', () => {
  test.each([
    ['when the command is a word in a sentence', 'say /retest to retest'],
    ['when the command is indented', ' /retest'],
    ['when the command is quoted', '> /retest'],
    ['when a name follows `/retest`', '/retest unit'],
    ['when a name follows `/retest-required`', '/retest-required unit'],
    ['when `/retest-required` is a word in a sentence', 'say /retest-required'],
    ['when the command is in capitals', '/Retest'],
    ['when the command is part of a longer word', '/retests'],
    ['when `/test` has no name', '/test'],
    ['when `/test` has only spaces after it', '/test  '],
    ['when `/test` has only a remark after it', '/test # flake'],
    ['when `/test all` is a word in a sentence', 'say /test all'],
    ['when `/test` asks for help with a question mark', '/test ?'],
    ['when a tab follows `/test`', '/test\tunit'],
    ['when the command is in fenced code', '```\n/retest\n```'],
    ['when the command is in code fenced by tildes', '~~~\n/retest\n~~~'],
    ['when a no-break space follows the command', '/retest\u00a0'],
    ['when a line separator precedes the command: for Prow that is no line break', 'x\u2028/retest'],
    ['when a line separator follows the command', '/retest\u2028x'],
    ['when a lone carriage return precedes the command', 'x\r/retest'],
    ['when a byte order mark precedes the command', '\ufeff/retest'],
  ])('%s', (_reason, body) => {
    expect(retestsIn(body)).toEqual([])
  })
})

describe('words that ask another CI', () => {
  const WORDS = new Set(['retest this please', '/azp run'])
  test.each<[string, string, string[]]>([
    ['are a retest', 'retest this please', ['retest']],
    ['are a retest in any case, with white space around', ' Retest This PLEASE\t', ['retest']],
    ['are no retest inside a sentence', 'do not retest this please', []],
    ['are no retest when more follows', 'retest this please!', []],
    ['that begin with a slash may be one of several commands', '/lgtm\n/azp run\r', ['retest']],
    ['are one retest beside `/retest`', '/retest\n/azp run', ['retest']],
    ['are a retest beside `/test`', '/test unit\n/azp run', ['retest', 'test']],
    ['are not every sentence', 'thank you', []],
  ])('%s: %j', (_rule, stored, commands) => {
    expect(retestsOf(stored, WORDS).map(({ command }) => command)).toEqual(commands)
  })

  test('without the setting ask for nothing', () => {
    expect(retestsOf('retest this please', new Set())).toEqual([])
  })
})

test.each<[string, string, string[]]>([
  ['keeps the spaces in a name', '/test unit (ubuntu, 3)\r\n', ['unit (ubuntu, 3)']],
  ['returns each line', 'please\n/test unit\n/test  lint ', ['unit', 'lint']],
  ['ignores other lines', '/retest\nsay /test unit\n/tests', []],
  ['ignores code', '```\n/test unit\n```', []],
])('the text after `/test` %s', (_rule, body, lines) => {
  expect(parseTestLines(body)).toEqual(lines)
})

describe('code blocks', () => {
  test.each([
    ['are removed with their fences', 'a\n```sh\n/retest\n```\nb', 'a\nb'],
    ['are removed at the very start of the text', '```\n/retest\n```\nb', 'b'],
    ['are removed after an empty line', '\n```\n/retest\n```\nb', '\nb'],
    ['stay when they are never closed', '```\n/retest', '```\n/retest'],
    ['after which one is never closed are still removed', '```\na\n```\nb\n```\nc', 'b\n```\nc'],
    ['are removed when they end with the text', 'a\n```\nx\n```', 'a\n'],
    [
      'that end in CRLF stay, because Prow does not see them as closed',
      '```\r\n/retest\r\n```\r\nb',
      '```\r\n/retest\r\n```\r\nb',
    ],
    ['end at the first line that is only the fence', '```\na\n```b\nc\n```\nd', 'd'],
    ['are each removed', '```\na\n```\n/retest\n```\nb\n```\n', '/retest\n'],
    ['that follow each other directly are each removed', '```\na\n```\n```\nb\n```\nc', 'c'],
    ['may contain a fence of the other kind', '```\n~~~\n```\n/retest', '/retest'],
    ['cannot begin inside a line', 'a ```\n/retest\n```', 'a ```\n/retest\n```'],
    ['cannot begin inside the line after another block', '```\na\n```\nb ```\nc\n```d', 'b ```\nc\n```d'],
  ])('%s', (_rule, body, kept) => {
    expect(dropCodeBlocks(body)).toBe(kept)
  })

  test('are read in linear time, even a hundred thousand of them', () => {
    const started = performance.now()
    dropCodeBlocks('```\n'.repeat(100_000))
    parseRetests('\n```x'.repeat(50_000))
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('/flake-report', () => {
  test.each<[string, string, string | null]>([
    ['alone is about all jobs', '/flake-report', null],
    ['before a line break in the style of Windows is about all jobs', '/flake-report\r\n', null],
    ['may follow other lines', 'thanks\n/flake-report', null],
    ['names a job', '/flake-report unit', 'unit'],
    ['may be followed by a tab', '/flake-report\tunit', 'unit'],
    ['keeps the spaces in a name', '/flake-report  ci/unit (20, linux) \r', 'ci/unit (20, linux)'],
    ['asks for help with a question mark', '/flake-report ?', '?'],
    ['names a job in backquotes', '/flake-report `unit (ubuntu)`', 'unit (ubuntu)'],
    ['may say more after backquotes', '/flake-report `unit` please', 'unit'],
    ['with only a remark is about all jobs', '/flake-report # flake', null],
    ['counts only once: the first line holds', '/flake-report a\n/flake-report b', 'a'],
    ['is found after a longer word', '/flake-reports x\n/flake-report a', 'a'],
  ])('%s: %j', (_rule, body, job) => {
    expect(parseFlakeReport(body)).toEqual({ command: 'flake-report', job })
  })

  test.each([
    ['part of a longer word', '/flake-reports'],
    ['followed by a colon', '/flake-report: unit'],
    ['a word in a sentence', 'see /flake-report'],
    ['quoted', '> /flake-report'],
    ['in fenced code', '```\n/flake-report\n```'],
    ['absent', ''],
  ])('is not a command when it is %s', (_reason, body) => {
    expect(parseFlakeReport(body)).toBeNull()
  })
})

describe('/flake', () => {
  const USAGE = 'Write `/flake not-mine REASON`, `/flake mine REASON` or `/flake reset`.'

  test.each<[string, string, ReturnType<typeof parseCorrection>]>([
    [
      'not-mine gives a reason',
      '/flake not-mine the disk was full',
      { says: 'not_mine', job: null, reason: 'the disk was full' },
    ],
    [
      'mine may name a job in backquotes',
      'thanks\n/flake mine `unit (1, 2)` a race',
      { says: 'mine', job: 'unit (1, 2)', reason: 'a race' },
    ],
    [
      'may be separated by tabs',
      '/flake\tmine\t`unit`\ta race',
      { says: 'mine', job: 'unit', reason: 'a race' },
    ],
    ['reset needs no reason', '/flake reset', { says: 'reset', job: null, reason: '' }],
    ['reset may name a job', '/flake reset `unit`', { says: 'reset', job: 'unit', reason: '' }],
    [
      'takes a word in backquotes that is joined to the next one as part of the reason',
      '/flake mine `unit`s race',
      { says: 'mine', job: null, reason: '`unit`s race' },
    ],
    [
      'takes backquotes inside the reason as part of it',
      '/flake mine see `unit` there',
      { says: 'mine', job: null, reason: 'see `unit` there' },
    ],
    [
      'keeps a thousand characters of the reason',
      `/flake mine ${'a'.repeat(1001)}`,
      { says: 'mine', job: null, reason: 'a'.repeat(1000) },
    ],
    ['alone is answered with its usage', '/flake', { problem: USAGE }],
    ['with an unknown word is answered with its usage', '/flake perhaps x', { problem: USAGE }],
    [
      'with the name of an inherited property is answered with its usage',
      '/flake constructor x',
      { problem: USAGE },
    ],
    [
      'mine without a reason is answered with a request for one',
      '/flake mine',
      { problem: 'Say why: `/flake mine REASON`. The reason is shown with the flake.' },
    ],
    [
      'not-mine with a job alone is answered with a request for a reason',
      '/flake not-mine `unit`',
      { problem: 'Say why: `/flake not-mine REASON`. The reason is shown with the flake.' },
    ],
    ['is not the start of `/flake-report`', '/flake-report', null],
    ['is not the start of a longer word', '/flakes mine x', null],
    ['is not a command when it is quoted', '> /flake mine quoted', null],
    ['is not a command in fenced code', '```\n/flake mine in code\n```', null],
  ])('%s', (_rule, body, expected) => {
    expect(parseCorrection(body)).toEqual(expected)
  })
})

test.each([
  ['that starts with a slash may contain a command', '/x', true],
  ['with a line that starts with a slash may contain one', 'a\n/x', true],
  ['with a slash inside a line contains none', 'a /x', false],
  ['without text contains none', '', false],
])('a comment %s', (_rule, body, expected) => {
  expect(mayHoldCommand(body)).toBe(expected)
})

describe('/hunt', () => {
  test.each<[string, string, string | null]>([
    ['is followed by the name of a job', '/hunt unit', 'unit'],
    ['may be followed by several words', '/hunt unit (ubuntu, 3) 20\r\n', 'unit (ubuntu, 3) 20'],
    ['may follow other lines, and may be followed by a tab', 'please\n/hunt\tunit', 'unit'],
    ['alone names nothing', '/hunt', ''],
    ['with spaces alone names nothing', '/hunt  ', ''],
    ['is cut at 600 characters', `/hunt ${'a'.repeat(601)}`, 'a'.repeat(600)],
    ['is not the start of a longer word', '/hunts unit', null],
    ['is not a command inside a sentence', 'say /hunt unit', null],
    ['is not a command when it is quoted', '> /hunt unit', null],
    ['is not a command in fenced code', '```\n/hunt unit\n```', null],
  ])('%s', (_rule, body, words) => {
    expect(parseHunt(body)).toBe(words)
  })

  test.each<[string, string, string, number | null]>([
    ['one word is a job', 'unit', 'unit', null],
    ['a number after the job is the number of runs', 'unit 20', 'unit', 20],
    ['any white space may precede the number', 'unit \t 20', 'unit', 20],
    ['the number of runs is at least 1', 'unit 0', 'unit', 1],
    ['a number of seven digits is part of the name', 'unit 1234567', 'unit 1234567', null],
    ['a job of the head may end in a number', 'shard 3', 'shard 3', null],
    ['a job of the head that ends in a number may be followed by runs', 'shard 3 20', 'shard 3', 20],
    ['a name in backquotes may end in a number', '`shard 7`', 'shard 7', null],
    ['a name in backquotes may be followed by runs', '`shard 7` 20', 'shard 7', 20],
    ['any white space may follow the backquotes', '`shard 7` \t20', 'shard 7', 20],
    [
      'a number of seven digits after backquotes leaves them part of the name',
      '`a` 1234567',
      '`a` 1234567',
      null,
    ],
    ['text before the backquotes makes them part of the name', 'x `a`', 'x `a`', null],
    ['a remark is left out', 'unit 20 # flake #5', 'unit', 20],
    ['a remark after backquotes is left out', '`shard #7` 20 # flake', 'shard #7', 20],
    ['a job of the head may look like a job with a remark', 'build #2', 'build #2', null],
    ['text after the backquotes makes them part of the name', '`a` 20 times', '`a` 20 times', null],
    ['a number alone is a job', '20', '20', null],
    ['a number inside the text is part of the name', 'unit 20 times', 'unit 20 times', null],
  ])('%s: %j', (_rule, words, job, runs) => {
    expect(readHunt(words, ['unit', 'shard 3', 'build #2'])).toEqual({ job, runs })
  })
})

test.each(['/hunt', '/flake', '/flake-report', '/retest', '/test', '/test all'])(
  '%s is parsed in linear time, whatever white space follows it',
  (command) => {
    const started = performance.now()
    for (const end of ['', 'x', '\r', '\u2028', ' \u2029 x']) {
      const body = `${command}${' '.repeat(60_000)}${end}`
      const words = parseHunt(body)
      parseFlakeReport(body)
      parseCorrection(body)
      parseRetests(body)
      if (words !== null) readHunt(words, [])
    }
    expect(performance.now() - started).toBeLessThan(1000)
  },
)
