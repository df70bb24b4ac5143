/** Every page in a real browser: no serious accessibility findings, and nothing wider than a phone’s screen. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type ServerType, serve } from '@hono/node-server'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBackfill } from '../../src/db/backfill.ts'
import { finishPage } from '../../src/db/backfill-pages.ts'
import type { OpenDatabase } from '../../src/db/client.ts'
import { newPage } from '../../src/domain/backfill-page.ts'
import {
  aFlake,
  aJob,
  aPullRequestEvent,
  app,
  aRepository,
  aRun,
  aVerdict,
  aWindow,
  openFixture,
} from './fixture.ts'

const SHA = 'a'.repeat(40)
const HOSTILE = '<img src=x onerror=alert(1)> \u202eesrever ‏עברית‎ '.repeat(4)
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let database: OpenDatabase
let server: ServerType
let browser: Browser
let base: string

beforeAll(async () => {
  database = await openFixture()
  await seed()
  server = serve({ fetch: app({ db: database.db }).fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((resolve) => server.once('listening', resolve))
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  // A single process would end with its first context. The browser's security must stay on.
  const args = chromium.args.filter((one) => !/single-process|no-zygote|disable-web-security/.test(one))
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args })
}, 120_000)
afterAll(async () => {
  await browser?.close()
  server?.close()
  await database?.close()
})

/** A repository with everything that a page can show, with names that try to inject HTML and formulas. */
async function seed(): Promise<void> {
  const { db } = database
  await db.insertInto('repository').values(aRepository()).execute()
  await db
    .insertInto('job')
    .values([aJob({ name: HOSTILE }), aJob({ job_id: 12, name: 'lint' })])
    .execute()
  const figures = {
    prs: 40,
    flakes: 3,
    flakes_counted: 2,
    flakes_low: 1,
    flakes_high: 3,
    flakes_undetermined: 2,
    breached: true,
  }
  await db
    .insertInto('sla_window')
    .values([
      ...Array.from({ length: 20 }, (_, i) =>
        aWindow({ start: `2026-01-${String(i + 10)}`, ...(i % 3 ? figures : {}) }),
      ),
      aWindow({ start: '2026-02-04', ...figures }),
      aWindow({ kind: 'week', start: '2026-01-19', ...figures }),
      aWindow({ kind: 'week', start: '2026-01-26' }),
      aWindow({ kind: 'week', start: '2026-02-02', ...figures }),
    ])
    .execute()
  const evidence = {
    x: 1,
    m: 2,
    k: 5,
    n: 200,
    other_prs: 5,
    seen_on: [4, 3],
    trunk_k: 0,
    trunk_n: 9,
    prior: 0.005,
    changed: 'code',
    window_days: 14,
  }
  await db
    .insertInto('flake')
    .values([
      aFlake({ evidence: JSON.stringify(evidence) }),
      aFlake({
        head_sha: 'c'.repeat(40),
        number: 6,
        incident: HOSTILE,
        attribution: 'undetermined',
        probability: 0.4,
      }),
    ])
    .execute()
  await db
    .insertInto('pull_request_event')
    .values(aPullRequestEvent({ title: HOSTILE, author: 'someone[bot]' }))
    .execute()
  await db
    .insertInto('run')
    .values([
      aRun({
        run_key: '1',
        outcome: 'fail',
        completed_at: '2026-02-03T09:00:00Z',
        url: 'javascript:alert(1)',
      }),
      aRun({ run_key: '2', outcome: 'pass', url: 'https://ci.example/2' }),
      aRun({ run_key: '3', job_id: 12, outcome: 'fail' }),
      aRun({
        run_key: '4',
        job_id: 12,
        outcome: 'aborted',
        reason: 'cancelled',
        head_sha: 'c'.repeat(40),
        number: 6,
      }),
    ])
    .execute()
  await db
    .insertInto('verdict')
    .values([aVerdict({ flaky: true }), aVerdict({ head_sha: 'c'.repeat(40), number: 6 })])
    .execute()
}

const PAGES = [
  '/',
  '/acme/web',
  '/acme/web/grid',
  '/acme/web/jobs/11',
  '/acme/web/pull/5',
  `/acme/web/flakes/${SHA}/11`,
  '/acme/web/months',
  '/acme/web/incidents',
  '/acme/web/accuracy',
  '/help',
  '/status',
  '/no/such',
]

async function open(path: string, options: { width: number; colorScheme: 'light' | 'dark' }) {
  const { width, colorScheme } = options
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(base + path)
  return { page, complaints, close: () => context.close() }
}

interface Finding {
  impact: string
  id: string
  nodes: { html: string }[]
}

async function findings(page: Page): Promise<string[]> {
  // The page's content security policy forbids foreign scripts, so the checker is injected through the debugger.
  const found: { violations: Finding[]; passes: Finding[] } = await page.evaluate(`${AXE}; axe.run(document)`)
  // A checker that checked nothing would also report no findings.
  expect(found.passes.length).toBeGreaterThan(10)
  const serious = found.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
  return serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)
}

describe.each([
  { width: 1200, colorScheme: 'light' },
  { width: 1200, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
] as const)('at $width pixels, $colorScheme', (options) => {
  test.each(PAGES)('%s is accessible, fits the screen, and runs no injected content', async (path) => {
    const { page, complaints, close } = await open(path, options)
    try {
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(wide).toBeLessThanOrEqual(0)
      expect(await findings(page)).toEqual([])
      expect(
        await page.locator('[href^="javascript:"], main img[src="x"], script:not([src^="/assets/"])').count(),
      ).toBe(0)
      expect(complaints.filter((one) => !one.includes('404'))).toEqual([])
    } finally {
      await close()
    }
  })
})

test('every link can be reached by keyboard, starting with the skip link', async () => {
  const { page, close } = await open('/acme/web', { width: 1200, colorScheme: 'light' })
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
  await page.keyboard.press('Enter')
  expect(page.url()).toMatch(/#main$/)
  const reached = new Set<string>()
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab')
    reached.add(
      String(
        await page.evaluate('document.activeElement.getAttribute("href") ?? document.activeElement.tagName'),
      ),
    )
  }
  expect([...reached]).toEqual(expect.arrayContaining(['/acme/web/jobs/11', 'SUMMARY', 'DIV']))
  await close()
})

test('a table is sorted by a click or a key on its header', async () => {
  const { page, close } = await open('/acme/web', { width: 1200, colorScheme: 'light' })
  const days = page.locator('details table').first()
  await page.locator('details summary').first().click()
  const rates = () =>
    page.evaluate(
      `[...document.querySelector('details table').tBodies[0].rows].map((row) => parseFloat(row.cells[2].textContent))`,
    )
  const button = days.getByRole('button', { name: 'Rate' })
  await button.focus()
  await page.keyboard.press('Enter')
  const down = (await rates()) as number[]
  expect(down).toEqual([...down].sort((a, b) => b - a))
  expect(new Set(down).size).toBeGreaterThan(1)
  await button.click()
  expect(await rates()).toEqual([...down].sort((a, b) => a - b))
  await close()
})

describe('the first run', () => {
  let fresh: OpenDatabase
  let own: ServerType
  let address: string

  beforeAll(async () => {
    fresh = await openFixture()
    await fresh.db
      .insertInto('repository')
      .values(aRepository({ full_name: HOSTILE.slice(0, 60).replaceAll('/', '') }))
      .execute()
    const wanted = {
      since: '2025-11-06T00:00:00Z',
      now: '2026-02-04T11:00:00Z',
      overlapMs: 0,
      keptDays: null,
    }
    const pages = ['a', 'b'].map((cursor) => newPage('pulls', cursor, { cursor, first: 25, alone: false }))
    await startBackfill(fresh.db, 1, wanted, () => pages)
    const auth = { clientId: 'x', clientSecret: 'y', apiUrl: 'http://127.0.0.1:1', secret: 's'.repeat(40) }
    own = serve({ fetch: app({ db: fresh.db, auth }).fetch, port: 0, hostname: '127.0.0.1' })
    await new Promise((resolve) => own.once('listening', resolve))
    address = `http://127.0.0.1:${(own.address() as { port: number }).port}`
  })
  afterAll(async () => {
    own?.close()
    await fresh?.close()
  })

  test.each(['/', '/status'])('%s is accessible and fits the screen during a backfill', async (path) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 800 } })
    const page = await context.newPage()
    await page.goto(address + path)
    const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate(wide)).toBeLessThanOrEqual(0)
    expect(await page.getByText('0 of 2 pages').count()).toBe(1)
    expect(await findings(page)).toEqual([])
    await context.close()
  })

  test('the progress updates itself without a reload', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(address)
    await page.evaluate('window.isTheSamePage = true')
    const stored = await fresh.db.selectFrom('backfill_page').selectAll().executeTakeFirstOrThrow()
    await finishPage(fresh.db, stored, { facts: [], next: [], found: [] })
    await page.getByText('1 of 2 pages').waitFor({ timeout: 15_000 })
    expect(await page.evaluate('window.isTheSamePage')).toBe(true)
    await context.close()
  })
})

test('every page is complete without scripts', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  for (const path of PAGES) {
    await page.goto(base + path)
    expect([path, await page.locator('h1').first().isVisible()]).toEqual([path, true])
    expect((await page.locator('main').textContent())?.length).toBeGreaterThan(40)
  }
  await page.goto(`${base}/acme/web`)
  expect(await page.locator('.tile').count()).toBe(3)
  await page.locator('summary').first().click()
  expect(await page.locator('details table').first().isVisible()).toBe(true)
  await context.close()
})
