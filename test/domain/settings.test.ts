/** The settings of a repository without a settings file. */
import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'

test('by default the app only measures, and files an issue about a day out of SLA', () => {
  expect(DEFAULT_SETTINGS).toEqual({
    target: 0.01,
    timeZone: 'UTC',
    required: 'auto',
    ignore: [],
    requireSameBase: false,
    breachIssue: { mode: 'daily', labels: ['kind/flake'], assignees: [], repository: null },
    jobIssues: { enabled: false, labels: ['kind/flake'] },
    owners: [],
    gates: { include: [], exclude: [] },
    outcomes: [],
    bots: [],
    retest: { execute: false, words: [] },
    retention: { runDays: 400 },
    hunt: { enabled: false, maxRuns: 20, maxMinutes: 120 },
    report: { automatic: false, checkRun: false },
    attribution: { sameAuthorIsIndependent: true, paths: [] },
    earlierRules: [],
    rulesKnownFrom: null,
  })
})
