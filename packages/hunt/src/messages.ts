/** Groups failures whose messages differ only in numbers, addresses, times and ids. */
import type { HuntRun } from './run.ts'

export interface FailureGroup {
  /** The most informative line of the output of the group's first run. */
  message: string
  count: number
  /** The number of the run whose output is shown. */
  example_run: number
  /** The seed that reproduces the run; null where runs had none. */
  seed: number | null
  output: string | null
}

// The order matters: the most specific pattern first, bare numbers last.
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

/** The message with everything that varies between runs replaced by a placeholder. */
export function normaliseMessage(message: string): string {
  return VARIABLE.reduce((text, [pattern, name]) => text.replace(pattern, name), message)
    .replace(/\s+/g, ' ')
    .trim()
}

const INFORMATIVE =
  /\b(error|exception|fail(ed|ure|ures)?|panic|fatal|assert(ion)?\w*|timed? ?out|refused|denied|killed)\b|Error\b|Exception\b|✗|✕|×/i
const TRAILER =
  /^(\s*at |\s*File "|make(\[\d+])?: |npm |exit(ed)? (status|code)|Process (exited|completed)|\s*\d+ (tests?|examples?|passed|failed)\b|FAIL\s*$|Test(s| Suites)?: )/i
/** What a shell prints for a signal that the exit code already shows. */
const SHELL = /^(Terminated|Killed)$/
const MAX_LENGTH = 300
const MAX_LINE_READ = 2000

/** The line that best says what went wrong: the last informative line that is not a summary, else the last line. */
export function keyLine(output: string): string | null {
  const lines = output
    .replace(VARIABLE[0]?.[0] as RegExp, '')
    .split(/\r?\n/)
    .map((line) => line.slice(0, MAX_LINE_READ).trim())
    .filter((line) => line !== '' && !SHELL.test(line))
  const informative = lines.filter((line) => INFORMATIVE.test(line) && !TRAILER.test(line))
  const line = informative[informative.length - 1] ?? lines[lines.length - 1]
  return line === undefined ? null : line.slice(0, MAX_LENGTH)
}

const ENDINGS: Record<number, string> = {
  126: 'the command cannot be executed',
  127: 'the command was not found',
  130: 'interrupted (SIGINT)',
  134: 'aborted (SIGABRT)',
  135: 'bus error (SIGBUS)',
  136: 'arithmetic error (SIGFPE)',
  137: 'killed (SIGKILL), possibly because memory ran out',
  139: 'segmentation fault (SIGSEGV)',
  141: 'broken pipe (SIGPIPE)',
  143: 'terminated (SIGTERM)',
  152: 'CPU time limit (SIGXCPU)',
}

const OUT_OF_MEMORY =
  /\b(out of memory|OutOfMemory(Error|Exception)?|cannot allocate memory|bad_alloc|MemoryError|heap limit|OOM ?Killed|memory allocation of .{0,40} failed)\b/i

/** Whether the output contains an out-of-memory message of a runtime or an operating system. */
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

/** A failed run in one line: how it was ended, where that says more than its output. */
export function failureMessage(run: FailedRun): string {
  const line = keyLine(run.output)
  if (run.timed_out) return `time limit exceeded${line ? `; last line: ${line}` : ''}`
  const code = run.exit_code
  if (run.killed_for === 'memory' && (code === 137 || code === null))
    return 'exit 137, killed (SIGKILL) because memory ran out'
  if (code !== null && ENDINGS[code]) return `exit ${code}, ${ENDINGS[code]}`
  if (run.test)
    return `${run.test.name}${run.test.message ? `: ${run.test.message.slice(0, MAX_LENGTH)}` : ''}`
  return line ?? (code === null ? 'failed, no output' : `exit ${code}, no output`)
}

/** The key of a group of failures. Exit codes are kept: 137 and 1 are different failures. */
export function kindOf(message: string): string {
  return /^exit \d/.test(message) ? message : normaliseMessage(message)
}

/** Groups the failed runs by message, the largest group first. @param runs in the order of their numbers */
export function groupFailures(runs: readonly HuntRun[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>()
  for (const run of runs) {
    if (run.outcome !== 'failed') continue
    const message = run.message ?? 'failed, no output'
    const key = kindOf(message)
    const group = groups.get(key) ?? {
      message,
      count: 0,
      example_run: run.number,
      seed: run.seed,
      output: null,
    }
    group.count++
    // Of parallel runs several may be the first of their kind. The one whose output was stored is the example.
    if (group.output === null && run.output !== null)
      Object.assign(group, { message, example_run: run.number, seed: run.seed, output: run.output })
    groups.set(key, group)
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}
