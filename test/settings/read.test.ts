/** Reading the settings file: its values, the defaults, and a sentence with line and allowed values for each mistake. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { compareSettings } from '../../src/settings/compare.ts'
import {
  mergeSettingsInputs,
  parseSettings,
  parseSettingsInput,
  readSettingsFile,
  settingsOf,
} from '../../src/settings/read.ts'

describe('a valid file', () => {
  test.each(['', '# nothing yet\n', '{}'])('%j means the defaults', (text) => {
    expect(parseSettings(text).settings).toEqual(DEFAULT_SETTINGS)
  })

  test('sets what it names and leaves the other defaults', () => {
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

test('every setting of a file is used', () => {
  const all = {
    target: 0.02,
    time_zone: 'Europe/Berlin',
    required: ['unit'],
    ignore: ['lint'],
    require_same_base: true,
    attribution: { same_author_is_independent: false, paths: [{ glob: 'docs/**', jobs: [] }] },
    breach_issue: { mode: 'daily' as const, labels: ['a'], assignees: ['@octocat'], repository: 'acme/ci' },
    job_issues: { enabled: true, labels: ['b'] },
    owners: [{ job: 'e2e', owners: ['@acme/ci'] }],
    gates: { include: ['title'], exclude: ['cla'] },
    outcomes: { 'ci/*': { error: 'fail' as const } },
    bots: ['@merge-helper'],
    retest: { execute: true, words: ['recheck'] },
    retention: { run_days: 90 },
    hunt: { enabled: true, max_runs: 5, max_minutes: 7 },
    report: { automatic: true, check_run: true },
  }
  expect(settingsOf(all)).toEqual({
    ...DEFAULT_SETTINGS,
    target: 0.02,
    timeZone: 'Europe/Berlin',
    required: ['unit'],
    ignore: ['lint'],
    requireSameBase: true,
    attribution: { sameAuthorIsIndependent: false, paths: [{ glob: 'docs/**', jobs: [] }] },
    breachIssue: { mode: 'daily', labels: ['a'], assignees: ['octocat'], repository: 'acme/ci' },
    jobIssues: { enabled: true, labels: ['b'] },
    owners: [{ job: 'e2e', owners: ['acme/ci'] }],
    gates: { include: ['title'], exclude: ['cla'] },
    outcomes: [{ job: 'ci/*', error: 'fail' }],
    bots: ['merge-helper'],
    retest: { execute: true, words: ['recheck'] },
    retention: { runDays: 90 },
    hunt: { enabled: true, maxRuns: 5, maxMinutes: 7 },
    report: { automatic: true, checkRun: true },
  })
})

describe('a mistake is reported with its line and what is allowed', () => {
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
    ['retest: { run: true }', 'line 1: retest.run: is not a setting; allowed here: execute, words'],
    ['- 1', 'the file: must contain settings such as "target: 0.01"'],
    ['target: 1\ntarget: 1', 'line 2: is not YAML: Map keys must be unique'],
  ])('%j', (text, problem) => {
    expect(parseSettingsInput(text)).toEqual({ input: null, problems: [problem] })
  })

  test('a misspelled setting is answered with all settings', () => {
    expect(parseSettingsInput('tagret: 0.1').problems[0]).toMatch(
      /^line 1: tagret: is not a setting; allowed here: target, time_zone, required/,
    )
  })

  test.each([
    ['a list without an end', 'target: [', 'line 1: is not YAML: '],
    ['a control character', 'target: "a\\u001bb"', 'line 1: target: is "a\\u001bb"; '],
    ['a list as a key', '? [a]\n: 1', 'line 1: is not YAML: '],
    [
      'a group without its braces',
      'report: true',
      'line 1: report: is true; allowed: the settings automatic and check_run',
    ],
    [
      'a login with a space',
      'owners: [{ job: e2e, owners: ["a b"] }]',
      'line 1: owners.0.owners.0: is "a b"; ',
    ],
    [
      'a repository without an owner',
      'breach_issue: { repository: widgets }',
      'line 1: breach_issue.repository: ',
    ],
    [
      'more runs of a hunt than GitHub allows',
      'hunt: { max_runs: 51 }',
      'line 1: hunt.max_runs: is 51; allowed: a whole number from 1 to 50',
    ],
  ])('%s', (_name, text, problem) => {
    const { input, problems } = parseSettingsInput(text)
    expect(input).toBeNull()
    expect(problems[0]?.slice(0, problem.length)).toBe(problem)
  })

  test('a problem is one line of at most 300 characters, without control characters', () => {
    const { problems } = parseSettingsInput(`time_zone: "${'x\\n\u202e'.repeat(90)}"`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toHaveLength(300)
    expect(problems[0]).toMatch(/…$/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test is about them
    expect(problems[0]).not.toMatch(/[\u0000-\u001f\u202e]/)
  })

  test('a file on disk that cannot be used ends the command with one sentence', async () => {
    await expect(readSettingsFile('/none.yml')).rejects.toThrow('/none.yml cannot be read.')
    const path = join(mkdtempSync(join(tmpdir(), 'flake-sla-settings-')), 'settings.yml')
    onTestFinished(() => rmSync(path))
    writeFileSync(path, 'target: 2\n')
    await expect(readSettingsFile(path)).rejects.toThrow(/is not a valid settings file: line 1: target: is 2/)
    writeFileSync(path, 'target: 0.2\n')
    expect((await readSettingsFile(path)).target).toBe(0.2)
  })

  test('up to twenty mistakes are reported', () => {
    expect(parseSettingsInput('target: 2\nignore: 7\n').problems).toHaveLength(2)
    const many = Array.from({ length: 40 }, (_, i) => `wrong_${i}: 1`).join('\n')
    expect(parseSettingsInput(many).problems).toHaveLength(20)
  })

  test.each([
    [
      'a file whose aliases expand without limit',
      `a: &a [1]\n${'bcdefgh'
        .split('')
        .map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(20)}]`)
        .join('\n')}`,
    ],
    ['a file of 200,000 characters', '#'.repeat(200_000)],
    ['a file that is not text', '\u0000\u0001: ['],
  ])('%s is refused', (_, text) => {
    expect(parseSettingsInput(text).problems.length).toBeGreaterThan(0)
  })
})

test('a repository’s settings override its organisation’s, one by one', () => {
  const organisation = { target: 0.02, breach_issue: { mode: 'rolling' as const, labels: ['flaky'] } }
  const merged = mergeSettingsInputs(organisation, { target: 0.03, breach_issue: { labels: [] } })
  expect(merged).toEqual({ target: 0.03, breach_issue: { mode: 'rolling', labels: [] } })
  expect(organisation.breach_issue.labels).toEqual(['flaky'])
})

test('settings are compared one by one, by the names in the file', () => {
  const after = settingsOf({ target: 0.05, report: { check_run: true } })
  expect(compareSettings(DEFAULT_SETTINGS, DEFAULT_SETTINGS)).toEqual([])
  expect(compareSettings(DEFAULT_SETTINGS, after)).toEqual([
    { setting: 'target', before: '0.01', after: '0.05' },
    { setting: 'report.check_run', before: 'false', after: 'true' },
  ])
})
