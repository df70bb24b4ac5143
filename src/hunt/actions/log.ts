/** A job's log as GitHub Actions writes it, made readable: without the time before every line, and without its own marks. */

const STAMP = /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /gm
const EXIT = /Process completed with exit code (\d+)\./g
const LONGEST = 1024 * 1024

/** The end of the log; what the runner says of the exit code stays, since it names the failed step's end. */
export function readableLog(log: string): string {
  return log
    .slice(-LONGEST)
    .replace(STAMP, '')
    .replace(/^##\[(?:group|endgroup|command|debug)\].*\n?/gm, '')
    .replace(/^##\[error\]/gm, '')
}

/** The exit code of the step that failed last; null when the log names none. */
export function exitCodeIn(log: string): number | null {
  const found = [...log.matchAll(EXIT)].at(-1)?.[1]
  return found === undefined ? null : Number(found)
}
