/** The answer to `/flake-report`: what to do, a row for each failed or flaky job, and the state of the SLA. */
import { type Sla, SMALL_SAMPLE } from '../domain/sla.ts'
import { count, odds, percent } from './figures.ts'
import { gateSentence } from './gates.ts'
import { clipBody, code, codeCell, link } from './markdown.ts'
import { firstLine, lastOutcome, retestChance } from './report-advice.ts'
import type { EarlierJob, Report, ReportBaseRate, ReportJob, ReportRun } from './report-facts.ts'
import { EVERY_JOB_COUNTS, requiredSentences } from './required.ts'

const MAX_ROWS = 20
const MAX_RUNS = 6
const MAX_PROBLEMS = 5

/** The whole comment, without its marker. */
export function reportText(report: Report): string {
  const notable = report.jobs.filter((job) => job.flake !== null || lastOutcome(job) === 'fail')
  // Red jobs first: they need action.
  notable.sort((a, b) => Number(lastOutcome(b) === 'fail') - Number(lastOutcome(a) === 'fail'))
  const parts = [firstLine(report, notable), '']
  if (report.unknownJob !== null)
    parts.push(`No job is named ${code(report.unknownJob)}, so this report is about all jobs.`, '')
  if (notable.length > 0) parts.push(...table(report, notable), '')
  if (report.earlier.length > 0) parts.push(...earlier(report.earlier), '')
  parts.push(...slaLines(report), ...notes(report))
  return clipBody(parts.join('\n'))
}

function table({ baseRateDays }: Report, jobs: readonly ReportJob[]): string[] {
  const rows = jobs.slice(0, MAX_ROWS).map((job) => {
    const cells = [name(job), history(job.runs), attribution(job), evidence(job, baseRateDays), retest(job)]
    return `| ${cells.join(' | ')} |`
  })
  const more = jobs.length > MAX_ROWS ? ['', `and ${jobs.length - MAX_ROWS} more`] : []
  return [
    '| Job | Runs at this commit | Caused by this pull request? | Other pull requests | Retest |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...more,
  ]
}

function name({ name: text, issue }: ReportJob): string {
  return issue ? `${codeCell(text)}<br>tracked in ${link(issue.label, issue.url)}` : codeCell(text)
}

const SIGNS: Record<string, string> = {
  pass: '✅ passed',
  fail: '❌ failed',
  aborted: '⊘ aborted',
  infra: '⚠ infrastructure',
  skipped: '– skipped',
}

function history(runs: readonly ReportRun[]): string {
  const shown = runs.slice(-MAX_RUNS).map((run) => link(SIGNS[run.outcome] ?? run.outcome, run.url))
  return `${runs.length > MAX_RUNS ? `${runs.length - MAX_RUNS} more → ` : ''}${shown.join(' → ')}`
}

/** The attribution with its odds. */
function attribution({ flake, runs }: Pick<ReportJob, 'flake' | 'runs'>): string {
  if (flake?.incident) return `no: ${INCIDENT}`
  if (flake) return attributionText(flake.attribution, flake.probability)
  const fails = runs.filter((run) => run.outcome === 'fail').length
  return fails > 1 ? `unknown: it failed all ${fails} times` : 'unknown until it is re-run'
}

const INCIDENT = 'it failed on all pull requests at that time'

/** An attribution for people: `no (3% likely this pull request)`. @param label the stored attribution */
export function attributionText(label: string | null, probability: number | null): string {
  const likely = probability === null ? '' : ` (${odds(probability)} likely this pull request)`
  if (label === 'not_caused_by_pr') return `no${likely}`
  if (label === 'caused_by_pr') return `yes${likely}`
  return `undecided${likely}`
}

function evidence({ baseRate, base }: ReportJob, days: number): string {
  const onBase = base && (base.outcome === 'fail' ? 'red' : 'green')
  const parts = [
    seenElsewhere(baseRate, days),
    ...(baseRate?.last_flaky_at ? [`last flake ${baseRate.last_flaky_at.slice(0, 10)}`] : []),
    ...(base ? [link(`${onBase} on the base branch`, base.url)] : []),
  ]
  return parts.join('; ')
}

function seenElsewhere(baseRate: ReportBaseRate | null, days: number): string {
  const all = baseRate?.pull_requests ?? 0
  if (!baseRate || all === 0) return `not run on other pull requests in ${days} days`
  if (baseRate.seen_on.length === 0)
    return `flaked on none of ${count(all, 'other pull request')} in ${days} days`
  const shown = baseRate.seen_on.slice(0, 5).map((number) => `#${number}`)
  return `flaked on ${baseRate.seen_on.length} of ${count(all, 'other pull request')} in ${days} days: ${shown.join(', ')}${baseRate.seen_on.length > 5 ? ', …' : ''}`
}

/** `also flaked on 5 of 187 results on other pull requests in 14 days: #12, #34`. */
export function flakedElsewhere(k: number, n: number, seenOn: readonly number[], days: number): string {
  const elsewhere = `${count(n, 'result')} on other pull requests in ${days} days`
  if (n === 0) return `no results on other pull requests in ${days} days`
  if (k === 0) return `flaked on none of ${elsewhere}`
  const links = seenOn.map((number) => `#${number}`).join(', ')
  return `also flaked on ${k} of ${elsewhere}${links ? `: ${links}` : ''}`
}

function retest(job: ReportJob): string {
  if (lastOutcome(job) !== 'fail') return 'not needed'
  const { retests } = job
  const chance = retestChance(job)
  if (chance !== null && retests)
    return `${odds(chance)} likely to pass (${retests.passed} of ${retests.retested} passed elsewhere)`
  const tried = retests?.retested ?? 0
  return tried === 0
    ? 'no data: never retested elsewhere'
    : `too little data: ${count(tried, 'retest')} elsewhere`
}

function earlier(all: readonly EarlierJob[]): string[] {
  const lines = all
    .slice(0, MAX_ROWS)
    .map((job) => `- ${job.head_sha.slice(0, 7)} ${code(job.name)}: ${history(job.runs)}${cause(job)}`)
  const more = all.length > MAX_ROWS ? [`- and ${all.length - MAX_ROWS} more`] : []
  const heads = new Set(all.map((job) => job.head_sha)).size
  return [
    `<details><summary>Failures at ${count(heads, 'earlier commit')}</summary>`,
    '',
    ...lines,
    ...more,
    '',
    '</details>',
  ]
}

function cause({ flake, runs }: EarlierJob): string {
  return flake ? `; caused by this pull request? ${attribution({ flake, runs })}` : ''
}

function slaLines({ day, week, target, budget }: Report): string[] {
  return [
    `SLA: flakes not caused by the pull request / pull requests tested; the target is below ${percent(target)}`,
    `- Today so far: ${windowText(day)}`,
    `- This week so far: ${windowText(week)}`,
    ...(budget && budget.allowed > 0 ? [`- Error budget, 28 days: ${budgetText(budget)}`] : []),
  ]
}

/** The error budget: `15 flakes; budget 1.4 (exceeded)`. */
export function budgetText({ allowed, spent }: { allowed: number; spent: number }): string {
  const limit =
    allowed < 10 ? String(Number(allowed.toPrecision(2))) : Math.round(allowed).toLocaleString('en')
  const over = spent > allowed ? ' (exceeded)' : ''
  return `${count(spent, 'flake')}; budget ${limit}${over}`
}

/** One window: `3.2%, out of SLA (1 / 31, small sample)`. */
export function windowText(sla: Sla | null): string {
  if (!sla || sla.prs === 0) return 'no data'
  const small = sla.prs < SMALL_SAMPLE ? ', small sample' : ''
  const ratio = `${sla.flakes_counted.toLocaleString('en')} / ${sla.prs.toLocaleString('en')}`
  return `${percent(sla.rate)}, ${sla.breached ? 'out of SLA' : 'in SLA'} (${ratio}${small})`
}

function notes({ required, budget, settingsProblems, gates }: Report): string[] {
  const lines: string[] = []
  if (settingsProblems.length > 0) {
    lines.push('', 'The settings file cannot be used. The last usable settings stay in force:', '')
    lines.push(...settingsProblems.slice(0, MAX_PROBLEMS).map((problem) => `- ${code(problem, 400)}`))
  }
  const sentences = requiredSentences(required, budget?.first ?? '')
  if (required.source === 'all') sentences.unshift(EVERY_JOB_COUNTS)
  if (gates.length > 0) sentences.push(gateSentence(gates))
  if (sentences.length > 0) lines.push('', `<sub>${sentences.join(' ')}</sub>`)
  return lines
}
