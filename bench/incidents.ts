/**
 * The incident benchmark: how many false incidents a year are found in repositories whose jobs flake independently of each
 * other, and how many outages are found.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { writeGenerated } from '../scripts/generated.ts'
import { findIncidents, minLogBayesFactor, SEARCH_SPAN } from '../src/domain/attribution/incident.ts'
import { DAY_MS, HOUR_MS } from '../src/domain/time.ts'
import { createRandom } from '../src/simulate/random.ts'
import { historyOf, isWorkingTime, type Outage, type RepositorySize } from './incident-histories.ts'

const SEARCH_DAYS = SEARCH_SPAN / DAY_MS
const YEAR_DAYS = 365
const DOCUMENT = fileURLToPath(new URL('../docs/attribution.md', import.meta.url))

const SMALL = { jobs: 1, pullRequestsADay: 3 }
const MEDIUM = { jobs: 20, pullRequestsADay: 40 }
const LARGE = { jobs: 60, pullRequestsADay: 200 }
const MIXED = { low: 0.001, high: 0.1 }
const alike = (rate: number) => ({ low: rate, high: rate })

/** Repositories from one job and three pull requests a day to 60 jobs and 200 pull requests a day. */
export const SIZES: readonly RepositorySize[] = [
  SMALL,
  { jobs: 5, pullRequestsADay: 20 },
  MEDIUM,
  LARGE,
].flatMap((size) =>
  [alike(0.001), alike(0.01), alike(0.03), alike(0.1), MIXED].map((rates) => ({ ...size, rates })),
)

export interface FalseIncidents {
  /** Incidents found, and the years that were searched. */
  found: number
  years: number
  /** Mean number of failures in a search. */
  failures: number
}

/** Counts incidents where nothing but independent flakes happens. @param searches how many times four weeks are searched */
export function countFalseIncidents(size: RepositorySize, searches: number, seed: string): FalseIncidents {
  let [found, failures] = [0, 0]
  for (let i = 0; i < searches; i++) {
    const results = historyOf(size, { days: SEARCH_DAYS, seed: `${seed}/${JSON.stringify(size)}/${i}` })
    failures += results.filter(({ failed }) => failed).length
    found += findIncidents(results).length
  }
  return { found, years: (searches * SEARCH_DAYS) / YEAR_DAYS, failures: failures / searches }
}

/** Share of outages in working hours that an incident overlaps. */
export function shareFound(
  size: RepositorySize,
  kind: Pick<Outage, 'hours' | 'share' | 'allJobs'>,
  { outages, seed }: { outages: number; seed: string },
): number {
  let found = 0
  for (let i = 0; i < outages; i++) {
    const outage = { ...kind, from: outageStart(`${seed}/${i}`) }
    const to = outage.from + outage.hours * HOUR_MS
    const results = historyOf(size, { days: SEARCH_DAYS, seed: `${seed}/${i}`, outage })
    if (findIncidents(results).some((incident) => incident.from < to && incident.to >= outage.from)) found++
  }
  return found / outages
}

/** A working time (ms) of the last week, as late as noon, so that most of the outage is in working hours. */
function outageStart(seed: string): number {
  const random = createRandom(seed)
  for (;;) {
    const at = random.between(21, 26) * DAY_MS
    if (isWorkingTime(at) && at % DAY_MS < DAY_MS / 2) return at
  }
}

interface Options {
  seconds: string
  outages: string
  write: boolean
}

/** The command `incidents`. */
export function incidentsCommand(): Command {
  return new Command('incidents')
    .description('count false incidents, and outages that are found, in repositories of any size')
    .option('--seconds <number>', 'time for each kind of repository', '20')
    .option('--outages <number>', 'how many outages of each kind', '50')
    .option('--write', 'put the tables into docs/attribution.md', false)
    .action(measure)
}

function measure({ seconds, outages, write }: Options): void {
  const tables = { 'false-incidents': falseTable(Number(seconds)), outages: outageTable(Number(outages)) }
  let text = readFileSync(DOCUMENT, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    console.log(`\n${table}`)
    text = writeGenerated(text, name, `\n\n${table}\n\n`)
  }
  if (write) writeFileSync(DOCUMENT, text)
}

function falseTable(seconds: number): string {
  const rows = SIZES.map((size) => {
    const { found, years, failures } = countFor(size, seconds)
    const cells = [
      ...[size.jobs, size.pullRequestsADay, ratesText(size), Math.round(failures)],
      ...[minLogBayesFactor(Math.max(1, failures)).toFixed(1), years.toFixed(1), (found / years).toFixed(2)],
    ]
    return `| ${cells.join(' | ')} |`
  })
  const head =
    '| jobs | pull requests a day | flake rate | failures in 28 days | log Bayes factor needed | years | false incidents a year |'
  return [head, '| --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function countFor(size: RepositorySize, seconds: number): FalseIncidents {
  const total = { found: 0, years: 0, failures: 0 }
  const end = performance.now() + seconds * 1000
  let searches = 0
  for (; searches === 0 || performance.now() < end; searches++) {
    const { found, years, failures } = countFalseIncidents(size, 1, `false/${searches}`)
    total.found += found
    total.years += years
    total.failures += failures
  }
  return { ...total, failures: total.failures / searches }
}

function outageTable(outages: number): string {
  const rows: string[] = []
  for (const { name, size } of [
    { name: '5 jobs, 20 pull requests a day', size: { jobs: 5, pullRequestsADay: 20, rates: MIXED } },
    { name: '20 jobs, 40 pull requests a day', size: { ...MEDIUM, rates: MIXED } },
  ]) {
    for (const allJobs of [true, false])
      for (const share of [0.5, 0.9]) rows.push(outageRow(name, size, { share, allJobs, outages }))
  }
  const head = '| repository | hits | 1 hour | 4 hours | 12 hours |'
  return [head, '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}

function outageRow(
  name: string,
  size: RepositorySize,
  { share, allJobs, outages }: { share: number; allJobs: boolean; outages: number },
): string {
  const cells = [1, 4, 12].map((hours) => {
    const found = shareFound(size, { hours, share, allJobs }, { outages, seed: `outage/${hours}/${share}` })
    return `${Math.round(100 * found)}%`
  })
  const hits = `${100 * share}% of the runs of ${allJobs ? 'every job' : 'one job'}`
  return `| ${[name, hits, ...cells].join(' | ')} |`
}

function ratesText({ rates: { low, high } }: RepositorySize): string {
  return low === high ? `${100 * low}%` : `${100 * low}% to ${100 * high}%`
}
