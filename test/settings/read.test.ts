/** The settings file: what it amounts to, and that each mistake is named with its line and what is allowed. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { compareSettings } from '../../src/settings/compare.ts'
import {
  mergeSettingsInputs,
  parseSettings,
  parseSettingsInput,
  settingsOf,
} from '../../src/settings/read.ts'

describe('a file that can be used', () => {
  test.each(['', '# nothing yet\n', '{}'])('%j means the defaults', (text) => {
    expect(parseSettings(text).settings).toEqual(DEFAULT_SETTINGS)
  })

  test('says what it sets and leaves the rest', () => {
    const { settings } = parseSettings(
      'target: 0.05\nbreach_issue: { mode: rolling }\nowners: [{ job: "e2e-*", owners: ["@octocat", acme/ci] }]',
    )
    expect(settings).toEqual({
      ...DEFAULT_SETTINGS,
      target: 0.05,
      breachIssue: { ...DEFAULT_SETTINGS.breachIssue, mode: 'rolling' },
      owners: [{ job: 'e2e-*', owners: ['octocat', 'acme/ci'] }],
    })
  })
})

describe('a mistake is named with its line and what is allowed', () => {
  test.each([
    ['target: 2', 'line 1: target: is 2; allowed: a number above 0 and at most 1, such as 0.01'],
    [
      '\ntime_zone: Mars/Base',
      'line 2: time_zone: is "Mars/Base"; allowed: an IANA time zone, such as Europe/Berlin or UTC',
    ],
    [
      'breach_issue:\n  mode: weekly',
      'line 2: breach_issue.mode: is "weekly"; allowed: daily, rolling or off',
    ],
    ['ignore: x', 'line 1: ignore: is "x"; allowed: a list of names, such as [unit, "e2e-*"]'],
    ['report: { automatic: maybe }', 'line 1: report.automatic: is "maybe"; allowed: true or false'],
    ['retest: { run: true }', 'line 1: retest.run: there is no such setting; allowed here: execute'],
    ['- 1', 'the file: holds no settings such as "target: 0.01"'],
    ['target: 1\ntarget: 1', 'line 2: is not YAML: Map keys must be unique'],
  ])('%j', (text, problem) => {
    expect(parseSettingsInput(text)).toEqual({ settings: null, problems: [problem] })
  })

  test('a name that is close to a setting is told all there are', () => {
    expect(parseSettingsInput('tagret: 0.1').problems[0]).toMatch(
      /^line 1: tagret: there is no such setting; allowed here: target, time_zone, required/,
    )
  })

  test('every mistake is named, up to twenty', () => {
    expect(parseSettingsInput('target: 2\nignore: 7\n').problems).toHaveLength(2)
    const many = Array.from({ length: 40 }, (_, i) => `wrong_${i}: 1`).join('\n')
    expect(parseSettingsInput(many).problems).toHaveLength(20)
  })

  test.each([
    [
      'a bomb of aliases',
      `a: &a [1]\n${'bcdefgh'
        .split('')
        .map((one, i) => `${one}: &${one} [${`*${'abcdefgh'[i]},`.repeat(20)}]`)
        .join('\n')}`,
    ],
    ['a file without end', '#'.repeat(200_000)],
    ['something else', '\u0000\u0001: ['],
  ])('%s is refused', (_, text) => {
    expect(parseSettingsInput(text).problems.length).toBeGreaterThan(0)
  })
})

test('a repository’s settings stand over its organisation’s, one by one', () => {
  const organisation = { target: 0.02, breach_issue: { mode: 'rolling' as const, labels: ['flaky'] } }
  const merged = mergeSettingsInputs(organisation, { target: 0.03, breach_issue: { labels: [] } })
  expect(merged).toEqual({ target: 0.03, breach_issue: { mode: 'rolling', labels: [] } })
  expect(organisation.breach_issue.labels).toEqual(['flaky'])
})

test('policies are compared setting by setting, as the file names them', () => {
  const after = settingsOf({ target: 0.05, report: { check_run: true } })
  expect(compareSettings(DEFAULT_SETTINGS, DEFAULT_SETTINGS)).toEqual([])
  expect(compareSettings(DEFAULT_SETTINGS, after)).toEqual([
    { setting: 'target', before: '0.01', after: '0.05' },
    { setting: 'report.check_run', before: 'false', after: 'true' },
  ])
})
