/** Failures that say the same, but for numbers, addresses, times and ids, are one group. */
import type { HuntRun } from './run.ts'

export interface FailureGroup {
  /** The line that best says what went wrong, as the first run of the group said it. */
  message: string
  count: number
  /** The number of the run whose output is shown. */
  example_run: number
  /** Its seed, by which it can be had again; null where runs had none. */
  seed: number | null
  output: string | null
}

// Their order matters: what is most particular goes first, bare numbers last.
const VARIABLE: [RegExp, string][] = [
  [/\p{Cc}\[[0-9;]*[A-Za-z]/gu, ''],
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

const TELLING =
  /\b(error|exception|fail(ed|ure|ures)?|panic|fatal|assert(ion)?\w*|timed? ?out|refused|denied|killed)\b|Error\b|Exception\b|✗|✕|×/i
const TRAILER =
  /^(\s*at |\s*File "|make(\[\d+])?: |npm |exit(ed)? (status|code)|Process (exited|completed)|\s*\d+ (tests?|examples?|passed|failed)\b|FAIL\s*$|Test(s| Suites)?: )/i
/** What a shell says of a signal that we see ourselves. */
const SHELL = /^(Terminated|Killed)$/
const LONGEST = 300
const MAX_LOOKED_AT = 2000

/** The line that best says what went wrong: the last telling one that is no summary, else the last line. */
export function tellingLine(output: string): string | null {
  const lines = output
    .replace(VARIABLE[0]?.[0] as RegExp, '')
    .split(/\r?\n/)
    .map((line) => line.slice(0, MAX_LOOKED_AT).trim())
    .filter((line) => line !== '' && !SHELL.test(line))
  const telling = lines.filter((line) => TELLING.test(line) && !TRAILER.test(line))
  const line = telling[telling.length - 1] ?? lines[lines.length - 1]
  return line === undefined ? null : line.slice(0, LONGEST)
}

const ENDINGS: Record<number, string> = {
  126: 'the command cannot be executed',
  127: 'the command was not found',
  130: 'interrupted (SIGINT)',
  134: 'aborted (SIGABRT)',
  135: 'bus error (SIGBUS)',
  136: 'arithmetic error (SIGFPE)',
  137: 'killed (SIGKILL), as a machine or container does that runs out of memory',
  139: 'segmentation fault (SIGSEGV)',
  141: 'broken pipe (SIGPIPE)',
  143: 'terminated (SIGTERM)',
  152: 'CPU time limit (SIGXCPU)',
}

const OUT_OF_MEMORY =
  /\b(out of memory|OutOfMemory(Error|Exception)?|cannot allocate memory|bad_alloc|MemoryError|heap limit|OOM ?Killed|memory allocation of .{0,40} failed)\b/i

/** Whether the output says that memory ran out, in the words of a runtime or an operating system. */
export function saysOutOfMemory(output: string): boolean {
  return OUT_OF_MEMORY.test(output.slice(-20_000))
}

export interface FailedRun {
  output: string
  exit_code: number | null
  timed_out: boolean
  killed_for: 'memory' | null
  /** The first failed test of the run's report. */
  test: { name: string; message: string | null } | null
}

/** What a failed run says, in one line: how it was ended where that tells more than its last words. */
export function failureMessage(run: FailedRun): string {
  const said = tellingLine(run.output)
  if (run.timed_out) return `no end within the time limit${said ? `; last line: ${said}` : ''}`
  const code = run.exit_code
  if (run.killed_for === 'memory' && (code === 137 || code === null))
    return 'exit 137, killed (SIGKILL) because memory ran out'
  if (code !== null && ENDINGS[code]) return `exit ${code}, ${ENDINGS[code]}`
  if (run.test) return `${run.test.name}${run.test.message ? `: ${run.test.message.slice(0, LONGEST)}` : ''}`
  return said ?? (code === null ? 'failed without a word' : `exit ${code} without a word`)
}

/** What is equal for failures of one kind. Exit codes are no numbers to make equal: 137 and 1 are not the same failure. */
export function kindOf(message: string): string {
  return /^exit \d/.test(message) ? message : normaliseMessage(message)
}

/** The failed runs by what they say, the most frequent first; runs in the order of their numbers. */
export function groupFailures(runs: readonly HuntRun[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>()
  for (const run of runs) {
    if (run.outcome !== 'failed') continue
    const message = run.message ?? 'failed without a word'
    const key = kindOf(message)
    const group = groups.get(key) ?? {
      message,
      count: 0,
      example_run: run.number,
      seed: run.seed,
      output: null,
    }
    group.count++
    // Runs that end side by side may each be the first of their kind: the one whose output was kept is the example.
    if (group.output === null && run.output !== null)
      Object.assign(group, { message, example_run: run.number, seed: run.seed, output: run.output })
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}
