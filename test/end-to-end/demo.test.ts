/** The demo shows everything that the documentation promises. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DemoResult, runDemo } from '../../demo/run.ts'
import { demoText } from '../../demo/text.ts'

let demo: DemoResult
const messages: string[] = []
beforeAll(async () => {
  demo = await runDemo({ file: null, port: 0, say: (line) => messages.push(line) })
}, 180_000)
afterAll(() => demo.close())

const flakes = () => demo.reports.flatMap((report) => report.flakes)

test('several repositories with hundreds of pull requests are measured by day and week', () => {
  expect(demo.reports.map((report) => report.repository)).toEqual([
    'example-org/api',
    'example-org/charts',
    'example-org/web',
  ])
  const tested = demo.reports
    .flatMap((report) => report.windows.week)
    .reduce((sum, week) => sum + week.prs, 0)
  expect(tested).toBeGreaterThan(200)
  expect(messages.length).toBeGreaterThan(3)
})

test('one job flakes on many pull requests, and one pull request causes a flake', () => {
  const shared = flakes().filter(
    ({ job, attribution }) => job === 'integration' && attribution === 'not_caused_by_pr',
  )
  expect(new Set(shared.map((flake) => flake.pull_request)).size).toBeGreaterThan(3)
  const own = flakes().filter((flake) => flake.job === 'unit' && flake.pull_request === 120)
  expect(new Set(own.map((flake) => flake.attribution))).toEqual(new Set(['caused_by_pr']))
  expect(own.every((flake) => !flake.counted)).toBe(true)
})

test('people and a bot request retests', () => {
  const bots = demo.reports.flatMap((report) => report.retests).map((retest) => retest.bot)
  expect(new Set(bots)).toEqual(new Set([true, false]))
})

test('aborted and skipped runs are left out with the reason', () => {
  const reasons = demo.reports
    .flatMap((report) => report.windows.week)
    .flatMap((week) => Object.keys(week.left_out))
  expect(reasons).toEqual(expect.arrayContaining(['cancelled', 'skipped', 'aborted']))
})

test('the command is answered, each repository has at most one open breach issue, and the page loads', async () => {
  expect(demo.comment).toContain('| Job |')
  const open = demo.issues.filter((issue) => issue.state === 'open').map((issue) => issue.repository)
  expect(open.length).toBeGreaterThan(0)
  expect(new Set(open).size).toBe(open.length)
  const page = await fetch(`${demo.url}/example-org/api`)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('example-org/api')
})

test('the text shows the table, the answer, the issue and the dashboard’s address', () => {
  const text = demoText(demo, false)
  for (const part of ['OUT OF SLA', 'reply to /flake-report', 'The open breach issue', demo.url])
    expect(text).toContain(part)
  expect(demoText(demo, true)).not.toContain(demo.url)
})
