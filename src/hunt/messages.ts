/** Failures that say the same, but for numbers, addresses, times and ids, are one group. */
import type { HuntRun } from './run.ts'

export interface FailureGroup {
  /** The line that best says what went wrong, as the first run of the group said it. */
  message: string
  count: number
  /** The number of the run whose output is shown. */
  example_run: number
  output: string
}

// Their order matters: what is most particular goes first, bare numbers last.
const VARIABLE: [RegExp, string][] = [
  [/\u001b\[[0-9;]*[A-Za-z]/g, ''],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d([.,]\d+)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b0x[0-9a-f]+\b/gi, '<address>'],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '<address>'],
  [/\/(tmp|var\/folders)\/[^\s:'")]+/g, '<path>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/gi, '<id>'],
  [/\b[0-9.]+\s?(ns|µs|us|ms|s|m|h|sec|secs|seconds)\b/g, '<duration>'],
  [/\d+(\.\d+)?/g, '<n>'],
]

/** The message with everything made equal that differs from run to run. */
export function normaliseMessage(message: string): string {
  return VARIABLE.reduce((text, [pattern, name]) => text.replace(pattern, name), message)
    .replace(/\s+/g, ' ')
    .trim()
}

const TELLING = /\b(error|exception|fail(ed|ure|ures)?|panic|fatal|assert(ion)?\w*|timed? ?out|refused|denied|killed)\b|Error\b|Exception\b|✗|✕|×/i
const TRAILER = /^(\s*at |\s*File "|make(\[\d+])?: |npm |exit(ed)? (status|code)|Process (exited|completed)|\s*\d+ (tests?|examples?|passed|failed)\b|FAIL\s*$|Test(s| Suites)?: )/i
const LONGEST = 300

/** The line that best says what went wrong: the last telling one that is no summary, else the last line. */
export function tellingLine(output: string): string | null {
  const lines = output
    .replace(VARIABLE[0]?.[0] as RegExp, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const telling = lines.filter((line) => TELLING.test(line) && !TRAILER.test(line))
  const line = telling[telling.length - 1] ?? lines[lines.length - 1]
  return line === undefined ? null : line.slice(0, LONGEST)
}

const SIGNALS: Record<number, string> = {
  130: 'interrupted (SIGINT)',
  134: 'aborted (SIGABRT)',
  135: 'bus error (SIGBUS)',
  136: 'arithmetic error (SIGFPE)',
  137: 'killed (SIGKILL): what a machine or container does that runs out of memory',
  139: 'segmentation fault (SIGSEGV)',
  141: 'broken pipe (SIGPIPE)',
  143: 'terminated (SIGTERM)',
  152: 'CPU time limit (SIGXCPU)',
}

/** What a failed run says, in one line: how it was ended where that tells more than its last words. */
export function failureMessage(run: HuntRun): string {
  const said = tellingLine(run.output)
  if (run.timed_out) return `no end within the time limit${said ? `; last line: ${said}` : ''}`
  if (run.killed_for === 'memory') return 'exit 137, killed (SIGKILL) because memory ran out'
  const code = run.exit_code
  if (code !== null && SIGNALS[code]) return `exit ${code}, ${SIGNALS[code]}`
  const failed = run.tests.find((one) => one.outcome === 'failed')
  if (failed) return `${failed.name}${failed.message ? `: ${failed.message.slice(0, LONGEST)}` : ''}`
  return said ?? (code === null ? 'failed without a word' : `exit ${code} without a word`)
}

/** Exit codes are no numbers to make equal: 137 and 1 are not the same failure. */
function groupKey(run: HuntRun, message: string): string {
  const byExit = message.startsWith('exit ')
  return byExit ? message : `${run.timed_out ? 'time ' : ''}${normaliseMessage(message)}`
}

/** The failed runs by what they say, the most frequent first; runs in the order of their numbers. */
export function groupFailures(runs: readonly HuntRun[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>()
  for (const run of runs) {
    if (run.outcome !== 'failed') continue
    const message = failureMessage(run)
    const key = groupKey(run, message)
    const group = groups.get(key)
    if (group) group.count++
    else groups.set(key, { message, count: 1, example_run: run.number, output: run.output })
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}
