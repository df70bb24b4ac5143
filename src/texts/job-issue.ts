/** The issue about one flaky job, and the comments when it is closed or reopened. */
import { count, odds, percent } from './figures.ts'
import { clipBody, code, link } from './markdown.ts'

const MAX_ROWS = 10

export interface JobIssue {
  name: string
  /** Counted flakes of the last 28 days, newest first. */
  flakes: {
    number: number
    head_sha: string
    flaked_at: string
    probability: number | null
    url: string | null
  }[]
  /** Flakes that the target allows in those 28 days, over all jobs. */
  allowed: number
  target: number
  /** Flaky verdicts of all verdicts, up to the last flake. */
  rate: { flakes: number; verdicts: number }
  /** Clean verdicts since the last flake, and how many close the issue; `needed` is null when no flake counts any more. */
  cleanStreak: { clean: number; needed: number | null }
  /** Logins and teams, without `@`. */
  owners: string[]
  /** The job's page on the dashboard. */
  historyUrl: string | null
}

/** The title holds only the name, so that it never has to change. */
export function jobIssueTitle(name: string): string {
  return `Flaky job: ${code(name, 200)}`
}

/** The body, without its marker. */
export function jobIssueBody(issue: JobIssue): string {
  const { name, flakes, rate } = issue
  const pullRequests = new Set(flakes.map((flake) => flake.number)).size
  const lines = [
    `**${code(name)} ${share(issue)}**: ${count(flakes.length, 'flake')} not caused by the pull request in ${count(pullRequests, 'pull request')} in 28 days. The target of ${percent(issue.target)} allows ${amount(issue.allowed)} for all jobs together.`,
    '',
    `Up to its last flake, it flaked in ${percent(rate.verdicts === 0 ? null : rate.flakes / rate.verdicts)} of its results (${rate.flakes} of ${rate.verdicts}). ${owner(issue)}`,
    ...table(flakes),
    '',
    ...(issue.historyUrl ? [link('The job’s history', issue.historyUrl), ''] : []),
    '### What to do',
    'Fix the job, or stop requiring it until it is fixed. Automatic retries only hide the problem. Let the pull request with the fix close this issue: the count then starts from zero.',
    '',
    `<sub>Updated once a day. ${closing(issue)} A flake on a base newer than the close reopens it, unless it was closed as not planned.</sub>`,
  ]
  return clipBody(lines.join('\n'))
}

function share({ flakes, allowed }: JobIssue): string {
  if (allowed === 0) return 'uses the error budget'
  const times = flakes.length / allowed
  if (times >= 2) return `uses ${amount(times)} times the error budget`
  return `uses ${percent(times)} of the error budget`
}

/** Owners are written as code, so that nobody is notified. */
function owner({ owners }: JobIssue): string {
  if (owners.length === 0)
    return 'It has no owner. Set one in `owners` (settings file) or in CODEOWNERS for its workflow.'
  return `Owned by ${owners.map((owner) => code(owner)).join(', ')}.`
}

function amount(allowed: number): string {
  return allowed < 10 ? String(Number(allowed.toFixed(1))) : Math.round(allowed).toLocaleString('en')
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
    '| Flaked (UTC) | Pull request | Failing run | Caused by the pull request? |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(more > 0 ? ['', `and ${count(more, 'more flake')}`] : []),
  ]
}

function closing({ cleanStreak }: JobIssue): string {
  const { clean, needed } = cleanStreak
  if (needed === null) return 'No counted flake is left.'
  return `It closes after ${count(needed, 'result')} in a row without a flake (now ${clean}); a job this flaky would do that by chance less than 1% of the time.`
}

/** The comment when the issue is closed. */
export function closedText(name: string, { clean, needed }: { clean: number; needed: number }): string {
  return `Closing: ${code(name)} has not flaked in its last ${count(clean, 'result')}. A job as flaky as it was would do that by chance less than 1% of the time (${count(needed, 'result')} needed).`
}

/** The comment when the issue is reopened. */
export function reopenedText(
  name: string,
  { number, head_sha, url }: { number: number; head_sha: string; url: string | null },
): string {
  return `Reopening: ${code(name)} flaked again on #${number} (${link(`failing run at ${head_sha.slice(0, 7)}`, url)}), on a base newer than the close of this issue.`
}
