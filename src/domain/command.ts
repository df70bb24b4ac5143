/**
 * Reads commands out of comments: Prow's (recorded as retests) and this app's own.
 *
 * Prow matches with Go's RE2. JavaScript's `^`, `$` and `\s` also accept `\r`, U+2028, U+2029 and no-break spaces,
 * so lines are split at `\n` by hand and white space is spelled out. Every expression here is linear.
 */

/** A request to run jobs again, in Prow's words. */
export interface RetestCommand {
  command: 'retest' | 'retest_required' | 'test_all' | 'test'
  /** Jobs named by `/test`; empty for the others. */
  jobs: string[]
}

/** A command of this app. */
export interface FlakeReportCommand {
  command: 'flake-report'
  /** The one job asked for, or null for all of them; `?` asks for help. */
  job: string | null
}

/** `/flake mine REASON` and its like: a person's word about the flakes of a pull request. */
export interface CorrectionCommand {
  says: 'mine' | 'not_mine' | 'reset'
  /** The one job that is meant, named in backticks before the reason; null for all. */
  job: string | null
  reason: string
}

/** What `/hunt` asks for. */
export interface HuntCommand {
  job: string
  /** Null where the settings say how many. */
  runs: number | null
}

const SPACE = '[\\t\\n\\f\\r ]'
const RETEST = new RegExp(`^/retest${SPACE}*$`)
const RETEST_REQUIRED = new RegExp(`^/retest-required${SPACE}*$`)
const TEST_ALL = new RegExp(`^/test all,?(?:$|${SPACE})`)

const MAX_HUNT_WORDS = 600

/**
 * What a comment asks CI to run again. Several commands in one comment all count, each kind once.
 * Source of the patterns: kubernetes-sigs/prow pkg/pjutil/filter.go and pkg/config/config.go.
 */
export function parseRetests(body: string): RetestCommand[] {
  const lines = dropCodeBlocks(body).split('\n')
  const found: RetestCommand[] = []
  if (lines.some((line) => RETEST.test(line))) found.push({ command: 'retest', jobs: [] })
  if (lines.some((line) => RETEST_REQUIRED.test(line))) found.push({ command: 'retest_required', jobs: [] })
  if (lines.some((line) => TEST_ALL.test(line))) found.push({ command: 'test_all', jobs: [] })
  const jobs = [...new Set(lines.flatMap(testedJobs))]
  if (jobs.length > 0) found.push({ command: 'test', jobs })
  return found
}

/** What stands after `/test ` on each of its lines, whole: job names outside Prow may hold spaces. */
export function parseTestLines(body: string): string[] {
  return dropCodeBlocks(body)
    .split('\n')
    .filter((line) => line.startsWith('/test '))
    .map((line) => line.slice('/test '.length).trim())
}

/** The first `/flake-report` of a comment, or null. */
export function parseFlakeReport(body: string): FlakeReportCommand | null {
  const words = wordsAfter('/flake-report', body)
  return words === null ? null : { command: 'flake-report', job: words || null }
}

/** What stands after the first `/hunt` of a comment, or null; empty where nothing does. */
export function parseHunt(body: string): string | null {
  return wordsAfter('/hunt', body)?.slice(0, MAX_HUNT_WORDS) ?? null
}

/** `JOB [N]`, where a job's name may hold spaces and end in a number itself: then it stands in backquotes, or is one of `names`. */
export function readHunt(words: string, names: readonly string[]): HuntCommand {
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
 * The first `/flake mine|not-mine|reset REASON` of a comment, or null. What cannot be used is told in one sentence:
 * a correction without a reason would convince nobody later.
 */
export function parseCorrection(body: string): CorrectionCommand | { problem: string } | null {
  const words = wordsAfter('/flake', body)
  return words === null ? null : readCorrection(words)
}

/** What follows a command of ours on the first line that holds it; empty where nothing does, null without such a line. */
function wordsAfter(command: string, body: string): string | null {
  for (const line of dropCodeBlocks(body).split('\n')) {
    if (!line.startsWith(command)) continue
    const rest = line.slice(command.length)
    const words = rest.trim()
    if (words === '' || rest.startsWith(' ') || rest.startsWith('\t')) return words
  }
  return null
}

const SAYS: Record<string, CorrectionCommand['says']> = {
  mine: 'mine',
  'not-mine': 'not_mine',
  reset: 'reset',
}

function readCorrection(words: string): CorrectionCommand | { problem: string } {
  const [verb = ''] = words.split(/[\t ]/, 1)
  const says = SAYS[verb]
  const rest = words.slice(verb.length).trim()
  if (says === undefined)
    return { problem: 'Write `/flake not-mine REASON`, `/flake mine REASON` or `/flake reset`.' }
  const named = /^`([^`]+)`(?:[\t ]+|$)/.exec(rest)
  const job = named?.[1] ?? null
  const reason = rest.slice(named?.[0].length ?? 0).trim()
  if (reason === '' && says !== 'reset')
    return { problem: `Say why: \`/flake ${verb} REASON\`. The reason is shown with the verdict.` }
  return { says, job, reason: reason.slice(0, MAX_REASON) }
}

const MAX_REASON = 1000

/** Whether a body can hold a command at all: some line starts with a slash. Others are not stored. */
export function mayHoldCommand(body: string): boolean {
  return body.startsWith('/') || body.includes('\n/')
}

/** Jobs named on a line `/test NAME [NAME…]`: after a plain space, up to white space, one trailing comma dropped. */
function testedJobs(line: string): string[] {
  if (!line.startsWith('/test ')) return []
  return line
    .slice('/test '.length)
    .split(' ')
    .map((word) => word.replace(/[\t\f\r][\s\S]*$/, '').replace(/,$/, ''))
    .filter((name) => name !== '' && name !== 'all' && name !== '?')
}

/**
 * Removes fenced code as Prow does: from a line that starts with a fence to the first line that is exactly the fence.
 * A closing fence counts only when `\n` or the end of the text follows it, so a CRLF fence with text after it stays.
 */
export function dropCodeBlocks(body: string): string {
  return dropFenced(dropFenced(body, '```'), '~~~')
}

function dropFenced(body: string, fence: string): string {
  let kept = ''
  let from = 0
  for (;;) {
    const open = lineStart(body, fence, from)
    if (open < 0) return kept + body.slice(from)
    const end = closing(body, fence, open + fence.length)
    if (end < 0) return kept + body.slice(from)
    kept += body.slice(from, open)
    from = end
  }
}

/** Where a line starts with `fence` at or after `from`; -1 if none does. */
function lineStart(body: string, fence: string, from: number): number {
  if (from === 0 && body.startsWith(fence)) return 0
  // After a closing fence its own line break is gone, so a fence right there starts a line too.
  if (from > 0 && body[from - 1] === '\n' && body.startsWith(fence, from)) return from
  const at = body.indexOf(`\n${fence}`, from)
  return at < 0 ? -1 : at + 1
}

/** The end of the first closing fence after `from`; -1 if the block is never closed. */
function closing(body: string, fence: string, from: number): number {
  const mark = `\n${fence}`
  for (let at = body.indexOf(mark, from); at >= 0; at = body.indexOf(mark, at + 1)) {
    const after = at + mark.length
    if (after === body.length) return after
    if (body[after] === '\n') return after + 1
  }
  return -1
}
