/** The issue about one job, and what is said when it is closed or opened again. */
import { count, odds, percent } from './figures.ts'
import { clipBody, code, link } from './markdown.ts'

const MAX_ROWS = 10

export interface JobIssue {
  name: string
  /** Counted flakes of the last 28 days, the newest first. */
  flakes: {
    number: number
    head_sha: string
    flaked_at: string
    probability: number | null
    url: string | null
  }[]
  /** Flakes that the target allows in those days. */
  allowed: number
  target: number
  /** Up to the last flake: counted flakes of all results that were judged. */
  rate: { flakes: number; verdicts: number }
  silence: { clean: number; needed: number | null }
  /** Logins and teams, without `@`. */
  owners: string[]
  /** The job's page on the dashboard. */
  historyUrl: string | null
}

/** A name is all the title says, so that it never has to change. */
export function jobIssueTitle(name: string): string {
  return `Flaky job: ${code(name, 200)}`
}

/** Body, without its marker. */
export function jobIssueBody(issue: JobIssue): string {
  const { name, flakes, rate } = issue
  const pullRequests = new Set(flakes.map((flake) => flake.number)).size
  const lines = [
    `**${code(name)} ${share(issue)}**: ${count(flakes.length, 'flake')} not caused by the pull request, on ${count(pullRequests, 'pull request')} in 28 days; the target of ${percent(issue.target)} allows ${amount(issue.allowed)} of all jobs together.`,
    '',
    `Up to its last flake it flaked in ${percent(rate.verdicts === 0 ? null : rate.flakes / rate.verdicts)} of its results (${rate.flakes} of ${rate.verdicts}). ${owner(issue)}`,
    ...table(flakes),
    '',
    ...(issue.historyUrl ? [link('The job’s history', issue.historyUrl), ''] : []),
    '### What to do',
    'Fix the job, or take it out of the required ones until it is fixed. A pull request that only adds retries hides the figure without helping anybody. Let the pull request close this issue: the count then starts from zero.',
    '',
    `<sub>Kept up to date once a day. ${closing(issue)} It is opened again only by a flake on a base that is newer than the close, and never when it was closed as not planned.</sub>`,
  ]
  return clipBody(lines.join('\n'))
}

function share({ flakes, allowed }: JobIssue): string {
  if (allowed === 0) return 'burns the error budget'
  const times = flakes.length / allowed
  if (times >= 2) return `burns ${amount(times)} times the error budget`
  return `burns ${percent(times)} of the error budget`
}

/** Named as code: nobody is notified who was not assigned on purpose. */
function owner({ owners }: JobIssue): string {
  if (owners.length === 0)
    return 'Nobody is known to own it: name somebody in the settings (`owners`) or in CODEOWNERS of its workflow.'
  return `It is owned by ${owners.map((one) => code(one)).join(', ')}.`
}

function amount(allowed: number): string {
  return allowed < 10 ? allowed.toFixed(1).replace(/\.0$/, '') : Math.round(allowed).toLocaleString('en')
}

function table(flakes: JobIssue['flakes']): string[] {
  if (flakes.length === 0) return []
  const rows = flakes.slice(0, MAX_ROWS).map(({ number, head_sha, flaked_at, probability, url }) => {
    const fault = probability === null ? '–' : odds(probability)
    const run = link(head_sha.slice(0, 7), url)
    return `| ${flaked_at.slice(0, 16).replace('T', ' ')} | #${number} | ${run} | ${fault} |`
  })
  const more = flakes.length - MAX_ROWS
  return [
    '',
    '| Flaked (UTC) | Pull request | Failing run | Caused by it? |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(more > 0 ? ['', `and ${count(more, 'more flake')}`] : []),
  ]
}

function closing({ silence }: JobIssue): string {
  const { clean, needed } = silence
  if (needed === null) return 'No flake that counts is left.'
  return `It is closed after ${count(needed, 'result')} in a row without a flake, which such a job would show by chance in fewer than one case of a hundred; so far ${clean}.`
}

/** Why an issue is closed. */
export function silentText(name: string, { clean, needed }: { clean: number; needed: number }): string {
  return `${code(name)} has not flaked in its last ${count(clean, 'result')}. A job that flakes as it did would be that silent by chance in fewer than one case of a hundred (${needed} results are enough), so this is closed.`
}

/** Why an issue is opened again. */
export function evidenceText(
  name: string,
  { number, head_sha, url }: { number: number; head_sha: string; url: string | null },
): string {
  return `${code(name)} flaked again on #${number} (${link(`failing run at ${head_sha.slice(0, 7)}`, url)}), on a base that is newer than the close of this issue.`
}
