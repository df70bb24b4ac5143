/**
 * Every surface shows the same figures: the rate of a day and a week, the error budget, the job that cost most and the
 * attribution of a flake. The expected answers are counted from the stored rows in plain loops, by the definitions.
 */

import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readReport } from '../src/cli/report-json.ts'
import type { OpenDatabase } from '../src/db/client.ts'
import { readNewestCompletion } from '../src/db/head-facts.ts'
import { readJobCosts } from '../src/db/jobs.ts'
import type { Row } from '../src/db/schema.ts'
import { readScope } from '../src/db/scope.ts'
import { addSettings } from '../src/db/settings.ts'
import { readWindows } from '../src/db/sla.ts'
import { type BreachFigures, readBreach } from '../src/derive/breach-data.ts'
import { readPullRequestReport } from '../src/derive/report-data.ts'
import { HOUR_MS, iso } from '../src/domain/time.ts'
import { type Window, windowAt, windowOf } from '../src/domain/window.ts'
import { writeReport } from '../src/features/report/report.ts'
import type { SettingsInput } from '../src/settings/schema.ts'
import { readStoredSettings } from '../src/settings/stored.ts'
import { breachBody } from '../src/texts/breach-issue.ts'
import { percent } from '../src/texts/figures.ts'
import { budgetText } from '../src/texts/report.ts'
import { openEmbedded } from './support/database.ts'
import * as expected from './support/expected-figures.ts'
import { HISTORIES, type History } from './support/figure-histories.ts'
import { derive, recordAll } from './support/pipeline.ts'
import { Dashboard, printedReport, type Surroundings } from './support/surfaces.ts'

/** Settings as in the file, optional changes of them and of the required list, and the same said as rules. */
interface Variant {
  settings: SettingsInput
  /** The settings until the middle of the history. */
  before?: SettingsInput
  /** Required by branch protection: from the start, and from the middle of the history on. */
  lists?: readonly [first: string[], later: string[]]
  rules: expected.Rules
}

/** @param jobs those that flaked, most flakes first @param middle of the history, epoch ms */
function variantsOf(jobs: readonly string[], middle: number): Record<string, Variant> {
  const [worst = 'none', ...others] = jobs
  const ignored = others.at(-1) ?? 'none'
  const always = () => true
  const changed = (job: string, at: number) => at < middle || (job !== worst && jobs.includes(job))
  const first = (job: string, at: number) => jobs.includes(job) && changed(job, at)
  const lists: Variant['lists'] = [[...jobs], [...others, 'another']]
  return {
    'the defaults': { settings: {}, rules: { strongOnly: false, isRequired: always } },
    require_same_base: {
      settings: { require_same_base: true },
      rules: { strongOnly: true, isRequired: always },
    },
    ignore: {
      settings: { ignore: [ignored] },
      rules: { strongOnly: false, isRequired: (job) => job !== ignored },
    },
    'a changed required list': { settings: {}, lists, rules: { strongOnly: false, isRequired: first } },
    'a changed settings file': {
      before: { required: [...jobs] },
      settings: { required: [...others], ignore: [ignored] },
      rules: {
        strongOnly: false,
        isRequired: (job, at) => jobs.includes(job) && (at < middle || (job !== worst && job !== ignored)),
      },
    },
    'a time zone': {
      settings: { time_zone: 'Europe/Berlin' },
      rules: { strongOnly: false, isRequired: always },
    },
    'all of them together': {
      settings: { require_same_base: true, ignore: [ignored], time_zone: 'Europe/Berlin' },
      lists,
      rules: { strongOnly: true, isRequired: (job, at) => job !== ignored && first(job, at) },
    },
  }
}

const NAMES = Object.keys(variantsOf([], 0))

describe.each(HISTORIES)('$name', (history: History) => {
  if (history.missing) {
    test.skip(history.missing, () => {})
    return
  }
  let database: OpenDatabase
  let rows: expected.Rows
  let repository: Row<'repository'>
  let variants: Record<string, Variant>
  /** When the required lists change: the time of the middle flake. */
  let middle: number

  beforeAll(async () => {
    database = await openEmbedded()
    const { db } = database
    const deliveries = history.read()
    for (let from = 0; from < deliveries.length; from += 1000)
      await recordAll(db, deliveries.slice(from, from + 1000))
    await derive(db, { now: (await readNewestCompletion(db)) ?? 0 })
    rows = await expected.readRows(db)
    repository = await db.selectFrom('repository').selectAll().executeTakeFirstOrThrow()
    const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
    const jobs = expected
      .costliestJobs(expected.flakesOf(rows, { strongOnly: false, isRequired: () => true }, all))
      .map(({ job }) => job)
    const times = rows.flakes.map((flake) => Date.parse(flake.flaked_at))
    middle = times[Math.floor(times.length / 2)] ?? 0
    variants = variantsOf([...new Set(jobs)], middle)
  }, 120_000)
  afterAll(() => database?.close())

  describe.each(NAMES)('with %s', (name) => {
    let variant: Variant
    let about: Surroundings
    /** The newest day with a pull request tested, the day with most flakes that count, and the week of each. */
    let newest: Window
    let worstDay: Window

    beforeAll(async () => {
      const { db } = database
      variant = variants[name] as Variant
      await store(variant)
      const settings = await readStoredSettings(db, repository.repository_id)
      const { timeZone } = settings
      const times = rows.runs.filter((run) => variant.rules.isRequired(run.name, run.at)).map((run) => run.at)
      newest = windowAt('day', Math.max(...times), timeZone)
      const everything = { from: 0, to: Number.MAX_SAFE_INTEGER }
      const counted = expected.countedOf(rows, variant.rules, everything)
      const days = Map.groupBy(
        counted,
        (flake) => windowAt('day', Date.parse(flake.flaked_at), timeZone).start,
      )
      const [day = newest.start] = [...days].sort(([, a], [, b]) => b.length - a.length)[0] ?? []
      worstDay = windowOf('day', day, timeZone)
      about = { db, repository, settings, now: newest.to + HOUR_MS }
      await derive(db, { settings, now: about.now })
    }, 60_000)

    /** Puts settings and lists in the place of those before, and marks every window to be measured again. */
    async function store({ settings, before, lists }: Variant): Promise<void> {
      const { db } = database
      const { repository_id, default_branch } = repository
      for (const table of ['settings', 'required_jobs', 'sla_window'] as const)
        await db.deleteFrom(table).execute()
      // Settings are told apart by the time from which they are valid.
      const at = iso(NAMES.indexOf(name) * HOUR_MS)
      const version = { repository_id, read_at: at, sources: [], problems: [] }
      if (before) await addSettings(db, { ...version, valid_from: iso(0), settings: before })
      await addSettings(db, { ...version, valid_from: before ? iso(middle) : at, settings })
      for (const [i, jobs] of (lists ?? []).entries())
        await db
          .insertInto('required_jobs')
          .values({
            repository_id,
            base_ref: default_branch ?? 'main',
            valid_from: iso(i === 0 ? 0 : middle),
            jobs: JSON.stringify(jobs.map((job) => ({ name: job, app: null, integration_id: null }))),
            problem: null,
          })
          .execute()
      await sql`insert into stale_window (repository_id, changed_at, why)
        select distinct repository_id, date_trunc('hour', completed_at), 'test' from run
        on conflict do nothing`.execute(db)
    }

    const countsOf = (window: Window) => expected.countsOf(rows, variant.rules, window)
    const weekOf = (day: Window) => windowOf('week', day.start, about.settings.timeZone)

    test('the rate of every window', async () => {
      const { db, settings } = about
      const report = await readReport(db, repository, settings)
      for (const kind of ['day', 'week'] as const) {
        const stored = (await readWindows(db, repository.repository_id, kind)).filter(
          (row) => row.prs > 0 || row.flakes > 0,
        )
        const wanted = stored.map(({ start }) => countsOf(windowOf(kind, start, settings.timeZone)))
        expect(stored.map(figures)).toEqual(wanted)
        expect(report.windows[kind].map(figures)).toEqual(wanted)
      }
    })

    test('the rate of a day and its week', async () => {
      const { db, settings } = about
      const dashboard = new Dashboard(about)
      for (const day of [newest, worstDay]) {
        const wanted = countsOf(day)
        const week = countsOf(weekOf(day))
        const report = await printedReport(about, day.start)
        expect(report.windows.map(figures)).toEqual([wanted, week])
        const breach = (await readBreach(db, repository, settings, day.start)) as BreachFigures
        expect(figures(breach.sla)).toEqual(wanted)
        expect(textOf(breach)).toContain(`(**${percent(rateOf(wanted))}**`)
        const range = `?from=${day.start}&to=${day.start}`
        expect(
          (await dashboard.json<{ windows: object[] }>(`/windows${range}`)).windows.map(figures),
        ).toEqual([wanted])
        expect((await dashboard.csv(`/windows.csv${range}`)).map(figures)).toEqual([wanted])
        const [flake] = expected.flakesOf(rows, variant.rules, day)
        const number = flake?.number ?? 1
        const asked = { ...about, now: day.to - 1 }
        const data = await readPullRequestReport(db, repository, number, settings, asked.now)
        expect([data.day, data.week].map((row) => row && figures(row))).toEqual([wanted, week])
      }
    })

    test('the rate of the newest day, on the page and in metrics', async () => {
      const dashboard = new Dashboard(about)
      const { prs, flakes_counted } = countsOf(newest)
      const page = await dashboard.page()
      expect(page).toContain(` ${percent(flakes_counted / prs)} `)
      expect(page).toContain(`${words(flakes_counted, 'flake')} in ${words(prs, 'tested pull request')}`)
      expect(await dashboard.metric('flake_sla_rate', ',window="day"')).toBe(flakes_counted / prs)
    })

    test('the error budget', async () => {
      const { db, settings, now } = about
      const { prs, flakes_counted: spent } = expected.budgetOf(rows, variant.rules, now, settings.timeZone)
      const allowed = settings.target * prs
      const report = await printedReport(about, newest.start)
      expect(report.budget).toMatchObject({ last: newest.start, prs, allowed, spent, left: allowed - spent })
      const number = rows.flakes[0]?.number ?? 1
      const data = await readPullRequestReport(db, repository, number, settings, now)
      expect(data.budget).toMatchObject({ allowed, spent })
      const deps = { db, now: () => now, settingsOf: (id: number, trx = db) => readStoredSettings(trx, id) }
      expect(await writeReport(deps, repository, number, null)).toContain(budgetText({ allowed, spent }))
      const breach = (await readBreach(db, repository, settings, newest.start)) as BreachFigures
      expect(breach.budget).toMatchObject({ allowed, spent })
      expect(textOf(breach)).toContain(budgetText({ allowed, spent }))
      const dashboard = new Dashboard(about)
      expect(await dashboard.page()).toContain(` ${spent} spent`)
      expect(await dashboard.metric('flake_sla_budget_left_flakes')).toBeCloseTo(allowed - spent, 9)
    })

    test('the job that cost most', async () => {
      const { db, settings, now } = about
      const dashboard = new Dashboard(about)
      const counted = (span: { from: number; to: number }) => expected.countedOf(rows, variant.rules, span)
      const isOutside = (flake: { incident: string | null }) => flake.incident === null
      const breach = (await readBreach(db, repository, settings, worstDay.start)) as BreachFigures
      const ofDay = expected.costliestJobs(counted(worstDay).filter(isOutside))
      expect(breach.jobs.map(({ name: job, flakes }) => ({ job, flakes_counted: flakes }))).toEqual(ofDay)
      if (ofDay[0]) expect(textOf(breach)).toContain(`Start with \`${ofDay[0].job}\``)
      const report = await printedReport(about, worstDay.start)
      expect(report.jobs.map(costOf)).toEqual(expected.costliestJobs(counted(weekOf(worstDay))))
      const ofApi = expected.costliestJobs(counted({ from: now - 28 * 24 * HOUR_MS, to: now + 1 }))
      const isCounted = (job: object) => costOf(job).flakes_counted > 0
      expect(
        (await dashboard.json<{ jobs: object[] }>('/jobs?days=28')).jobs.filter(isCounted).map(costOf),
      ).toEqual(ofApi)
      expect((await dashboard.csv('/jobs.csv?days=28')).filter(isCounted).map(costOf)).toEqual(ofApi)
      // The issues about single jobs rank by the days of the error budget, outside incidents.
      const { scope } = await readScope(db, repository.repository_id, settings)
      const { span } = (await readPullRequestReport(db, repository, 1, settings, now)).budget
      const costs = await readJobCosts(db, scope, span, { incidents: false })
      expect(costs.filter(isCounted).map(costOf)).toEqual(
        expected.costliestJobs(counted(span).filter(isOutside)),
      )
    })

    test('the attribution of every flake', async () => {
      const { db, settings } = about
      const dashboard = new Dashboard(about)
      const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
      const wanted = expected.flakesOf(rows, variant.rules, all).map(attributionOf).sort()
      const report = await readReport(db, repository, settings)
      expect(report.flakes.map(attributionOf).sort()).toEqual(wanted)
      const listed: unknown[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: { flakes: object[]; next: string | null } = await dashboard.json(
          `/flakes?from=2000-01-01&limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
        )
        listed.push(...page.flakes.map(attributionOf))
        cursor = page.next
      }
      expect(listed.sort()).toEqual(wanted)
      const table = await dashboard.csv('/flakes.csv?from=2000-01-01&limit=500')
      expect(table.map(attributionOf).every((attribution) => wanted.includes(attribution))).toBe(true)
      expect(table).toHaveLength(Math.min(500, wanted.length))
    })

    test('a flake out of scope does not count, wherever it is shown', async () => {
      const { rules } = variant
      const dashboard = new Dashboard(about)
      const flake = rows.flakes.find((row) => {
        const isIn = rules.isRequired(row.name, Date.parse(row.flaked_at))
        return row.counted !== false && (!isIn || (rules.strongOnly && row.grade === 'weak'))
      })
      if (!flake) return
      const path = `/flakes/${flake.head_sha}/${flake.job_id}`
      expect(await dashboard.page(path)).toContain('It does not count towards the SLA: ')
      expect(await dashboard.json(path)).toMatchObject({ counted: false })
      const ofJob = await dashboard.json<{ flakes: { head_sha: string }[] }>(
        `/flakes?from=2000-01-01&limit=500&job_id=${flake.job_id}`,
      )
      const { head_sha } = flake
      expect(ofJob.flakes.filter((row) => row.head_sha === head_sha)).toMatchObject([{ counted: false }])
    })
  })
})

/** The figures of a window, from JSON or CSV. */
function figures(row: object): expected.Counts {
  const { prs, flakes, flakes_counted } = row as Record<keyof expected.Counts, unknown>
  return { prs: Number(prs), flakes: Number(flakes), flakes_counted: Number(flakes_counted) }
}

function rateOf({ prs, flakes_counted }: expected.Counts): number | null {
  return prs === 0 ? null : flakes_counted / prs
}

function costOf(row: object) {
  const { job, name, flakes_counted } = row as Record<string, unknown>
  return { job: job ?? name, flakes_counted: Number(flakes_counted) }
}

function attributionOf(flake: object): string {
  const row = flake as Record<string, unknown>
  const number = row.pull_request ?? row.number
  return [number, row.head_sha, row.job ?? row.name, row.attribution, String(row.counted ?? '')].join(' ')
}

function textOf(breach: BreachFigures): string {
  const jobs = breach.jobs.map((job) => ({ ...job, owners: [] }))
  return breachBody({
    ...breach,
    jobs,
    previous: [],
    measuredRepository: null,
    dashboardUrl: null,
    pictureUrl: null,
  })
}

function words(count: number, thing: string): string {
  return `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`
}
