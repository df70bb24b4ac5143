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

/** What the beginning of a log says of where the job ran: the runner's version, its image, and those of containers. */
export function environmentIn(log: string): Record<string, string> {
  const text = log.slice(0, LONGEST).replace(STAMP, '')
  const group =
    /##\[group\](?:Runner Image|Virtual Environment)\n([\s\S]*?)##\[endgroup\]/.exec(text)?.[1] ?? ''
  const image = /^(?:Image|Environment): (\S+)/m.exec(group)?.[1]
  const version = /^Version: (\S+)/m.exec(group)?.[1]
  const runner = /^Current runner version: '([^']+)'/m.exec(text)?.[1]
  const digests = [...text.matchAll(/^Digest: (sha256:[0-9a-f]{64})\b/gm)].map((found) => found[1])
  const known = {
    'runner version': runner,
    'runner image': image && [image, version].filter(Boolean).join(' '),
    'container images': [...new Set(digests)].slice(0, MAX_DIGESTS).join(', '),
  }
  return Object.fromEntries(Object.entries(known).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

const MAX_DIGESTS = 10
