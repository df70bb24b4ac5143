/** Reads job logs of GitHub Actions. */

const STAMP = /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z /gm
const EXIT = /Process completed with exit code (\d+)\./g
/** Characters. */
const MAX_LENGTH = 1024 * 1024

/** The end of the log without timestamps and workflow commands. The runner's line with the exit code stays. */
export function readableLog(log: string): string {
  return log
    .slice(-MAX_LENGTH)
    .replace(STAMP, '')
    .replace(/^##\[(?:group|endgroup|command|debug)\].*\n?/gm, '')
    .replace(/^##\[error\]/gm, '')
}

/** The exit code of the last failed step; null when the log has none. */
export function exitCodeIn(log: string): number | null {
  const found = [...log.matchAll(EXIT)].at(-1)?.[1]
  return found === undefined ? null : Number(found)
}

/** The environment from the beginning of a log: the versions of the runner and its image, and digests of containers. */
export function environmentIn(log: string): Record<string, string> {
  const text = log.slice(0, MAX_LENGTH).replace(STAMP, '')
  const group =
    /##\[group\](?:Runner Image|Virtual Environment)\n([\s\S]*?)##\[endgroup\]/.exec(text)?.[1] ?? ''
  const image = /^(?:Image|Environment): (\S+)/m.exec(group)?.[1]
  const version = /^Version: (\S+)/m.exec(group)?.[1]
  const runner = /^Current runner version: '([^']+)'/m.exec(text)?.[1]
  const digests = [...text.matchAll(/^Digest: (sha256:[0-9a-f]{64})\b/gm)].map((found) => found[1])
  const values = {
    'runner version': runner,
    'runner image': image && [image, version].filter(Boolean).join(' '),
    'container images': [...new Set(digests)].slice(0, MAX_DIGESTS).join(', '),
  }
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

const MAX_DIGESTS = 10
