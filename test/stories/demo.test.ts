/** The demo as a newcomer runs it: what it promises to show is there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DemoResult, runDemo } from '../../demo/run.ts'
import { demoText } from '../../demo/text.ts'

let demo: DemoResult
const said: string[] = []
beforeAll(async () => {
  demo = await runDemo({ file: null, port: 0, say: (line) => said.push(line) })
}, 180_000)
afterAll(() => demo.close())

const flakes = () => demo.reports.flatMap((report) => report.flakes)

test('several repositories and some hundred pull requests are measured, day by day and week by week', () => {
  expect(demo.reports.map((one) => one.repository)).toEqual([
    'example-org/api',
    'example-org/charts',
    'example-org/web',
  ])
  const tested = demo.reports.flatMap((one) => one.windows.week).reduce((sum, week) => sum + week.prs, 0)
  expect(tested).toBeGreaterThan(200)
  expect(said.length).toBeGreaterThan(3)
})

test('a flaky job flakes across pull requests, and one pull request brings a flake of its own', () => {
  const shared = flakes().filter((one) => one.job === 'integration' && one.attribution === 'not_caused_by_pr')
  expect(new Set(shared.map((one) => one.pull_request)).size).toBeGreaterThan(3)
  const own = flakes().filter((one) => one.job === 'unit' && one.pull_request === 120)
  expect(new Set(own.map((one) => one.attribution))).toEqual(new Set(['caused_by_pr']))
  expect(own.every((one) => !one.counted)).toBe(true)
})

test('people and a bot ask for retests', () => {
  const bots = demo.reports.flatMap((one) => one.retests).map((one) => one.bot)
  expect(new Set(bots)).toEqual(new Set([true, false]))
})

test('aborted and skipped runs are left out with the reason', () => {
  const reasons = demo.reports
    .flatMap((one) => one.windows.week)
    .flatMap((week) => Object.keys(week.left_out))
  expect(reasons).toEqual(expect.arrayContaining(['cancelled', 'skipped', 'aborted']))
})

test('the question is answered, one breach issue a repository is open at most, and the page is up', async () => {
  expect(demo.comment).toContain('| Job |')
  const open = demo.issues.filter((issue) => issue.state === 'open').map((issue) => issue.repository)
  expect(open.length).toBeGreaterThan(0)
  expect(new Set(open).size).toBe(open.length)
  const page = await fetch(`${demo.url}/example-org/api`)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('example-org/api')
})

test('the text shows the table, the answer, the issue, and where the dashboard is', () => {
  const text = demoText(demo, false)
  for (const part of ['OUT OF SLA', 'reply to /flake-report', 'The open breach issue', demo.url])
    expect(text).toContain(part)
  expect(demoText(demo, true)).not.toContain(demo.url)
})
