/**
 * Parses the commands in comments: Prow's (recorded as retests) and this app's own.
 *
 * Prow matches with Go's RE2. JavaScript's `^`, `$` and `\s` also accept `\r`, U+2028, U+2029 and no-break spaces,
 * so lines are split at `\n` and white space is spelled out. Every expression here runs in linear time.
 */

import { commandLines } from './command-lines.ts'
import { beforeRemark, quotedName, testedNames } from './job-names.ts'

/** A request to run jobs again, in Prow's words. */
export interface RetestCommand {
  command: 'retest' | 'retest_required' | 'test_all' | 'test'
  /** Jobs named by `/test`; empty for the others. */
  jobs: string[]
}

/** A command of this app. */
export interface FlakeReportCommand {
  command: 'flake-report'
  /** What follows the command, without the backquotes of a job; null for all jobs; `?` for help. */
  job: string | null
}

/** `/flake mine REASON` and similar: a person's correction of the attribution of a pull request's flakes. */
export interface CorrectionCommand {
  says: 'mine' | 'not_mine' | 'reset'
  /** The job that it is about, in backquotes before the reason; null for all jobs. */
  job: string | null
  reason: string
}

/** `/hunt JOB [N]`. */
export interface HuntCommand {
  job: string
  /** Number of runs; null for the default in the settings. */
  runs: number | null
}

const SPACE = '[\\t\\n\\f\\r ]'
const RETEST = new RegExp(`^/retest${SPACE}*$`)
const RETEST_REQUIRED = new RegExp(`^/retest-required${SPACE}*$`)
const TEST_ALL = new RegExp(`^/test all,?(?:$|${SPACE})`)

const MAX_HUNT_WORDS = 600

/**
 * The retest commands in a comment; each kind at most once.
 * Source of the patterns: kubernetes-sigs/prow pkg/pjutil/filter.go and pkg/config/config.go.
 */
export function parseRetests(body: string): RetestCommand[] {
  const lines = commandLines(body)
  const commands: RetestCommand[] = []
  if (lines.some((line) => RETEST.test(line))) commands.push({ command: 'retest', jobs: [] })
  if (lines.some((line) => RETEST_REQUIRED.test(line)))
    commands.push({ command: 'retest_required', jobs: [] })
  if (lines.some((line) => TEST_ALL.test(line))) commands.push({ command: 'test_all', jobs: [] })
  const tested = testTexts(lines).flatMap((text) => testedNames(text, NO_NAMES))
  const jobs = [...new Set(tested)]
  if (jobs.length > 0) commands.push({ command: 'test', jobs })
  return commands
}

/**
 * The retests that a stored comment asks for: by command, or with one of the words that ask another CI. Such words are a whole
 * line of what is stored of a comment, in any case.
 * @param words in lower case
 */
export function retestsIn(stored: string, words: ReadonlySet<string>): RetestCommand[] {
  const commands = parseRetests(stored)
  const isAsked = words.size > 0 && stored.split('\n').some((line) => words.has(line.trim().toLowerCase()))
  return isAsked && !commands.some(({ command }) => command === 'retest')
    ? [{ command: 'retest', jobs: [] }, ...commands]
    : commands
}

/** The text after `/test ` of each such line: job names outside Prow may contain spaces. */
export function parseTestLines(body: string): string[] {
  return testTexts(commandLines(body)).map((text) => text.trim())
}

const NO_NAMES: ReadonlySet<string> = new Set()

function testTexts(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('/test ')).map((line) => line.slice('/test '.length))
}

/** The first `/flake-report` of a comment, or null. */
export function parseFlakeReport(body: string): FlakeReportCommand | null {
  const words = wordsAfter('/flake-report', body)
  if (words === null) return null
  const job = beforeRemark(words) === '' ? null : (quotedName(words) ?? words)
  return { command: 'flake-report', job }
}

/** The text after the first `/hunt` of a comment, which may be empty; null without one. */
export function parseHunt(body: string): string | null {
  return wordsAfter('/hunt', body)?.slice(0, MAX_HUNT_WORDS) ?? null
}

/**
 * Parses `JOB [N]`, up to a remark. A job's name may contain spaces; one that ends in a number must be in backquotes or be one
 * of `names`.
 * @param names jobs of the head
 */
export function readHunt(words: string, names: readonly string[]): HuntCommand {
  if (names.includes(words)) return { job: words, runs: null }
  return readJobAndRuns(beforeRemark(words), names)
}

function readJobAndRuns(words: string, names: readonly string[]): HuntCommand {
  const quoted = /^`([^`]+)`(?:[\t ]+(\d{1,6}))?$/.exec(words)
  if (quoted) return { job: quoted[1] ?? '', runs: numberOf(quoted[2]) }
  if (names.includes(words)) return { job: words, runs: null }
  const counted = /^(.*[^\t ])[\t ]+(\d{1,6})$/.exec(words)
  return counted ? { job: counted[1] ?? '', runs: numberOf(counted[2]) } : { job: words, runs: null }
}

function numberOf(digits: string | undefined): number | null {
  return digits === undefined ? null : Math.max(1, Number(digits))
}

/**
 * The first `/flake mine|not-mine|reset REASON` of a comment, or null. `problem` is a sentence for its author: a correction
 * needs a reason, so that others can judge it later.
 */
export function parseCorrection(body: string): CorrectionCommand | { problem: string } | null {
  const words = wordsAfter('/flake', body)
  return words === null ? null : readCorrection(words)
}

/** The text after a command on the first line that starts with it, which may be empty; null without such a line. */
function wordsAfter(command: string, body: string): string | null {
  for (const line of commandLines(body)) {
    if (!line.startsWith(command)) continue
    const rest = line.slice(command.length)
    const words = rest.trim()
    if (words === '' || rest.startsWith(' ') || rest.startsWith('\t')) return words
  }
  return null
}

const SAYS: ReadonlyMap<string, CorrectionCommand['says']> = new Map([
  ['mine', 'mine'],
  ['not-mine', 'not_mine'],
  ['reset', 'reset'],
])

function readCorrection(words: string): CorrectionCommand | { problem: string } {
  const [verb = ''] = words.split(/[\t ]/, 1)
  const says = SAYS.get(verb)
  const rest = words.slice(verb.length).trim()
  if (says === undefined)
    return { problem: 'Write `/flake not-mine REASON`, `/flake mine REASON` or `/flake reset`.' }
  const named = /^`([^`]+)`(?:[\t ]+|$)/.exec(rest)
  const job = named?.[1] ?? null
  const reason = rest.slice(named?.[0].length ?? 0).trim()
  if (reason === '' && says !== 'reset')
    return { problem: `Say why: \`/flake ${verb} REASON\`. The reason is shown with the flake.` }
  return { says, job, reason: reason.slice(0, MAX_REASON) }
}

const MAX_REASON = 1000
