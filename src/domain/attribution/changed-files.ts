/** What kind of files a pull request changes, seen from one job: it tells how likely a fault in that job is beforehand. */

import { matchesGlob } from '../settings.ts'
import type { Changed } from './attribution.ts'

/** Files of a path and the jobs that they can break; no job at all for documentation. */
export interface PathJobs {
  glob: string
  jobs: readonly string[]
}

const DOCS =
  /(^|\/)(docs?|documentation)\/|\.(md|mdx|markdown|rst|adoc|txt)$|(^|\/)(LICENSE|NOTICE|AUTHORS|OWNERS|CODEOWNERS|CHANGELOG)$/i

/**
 * @param files paths of all that it changes; null when not all are known
 * @param job its name and, where it is an Actions job, its workflow's path
 * @param paths the repository's own word, which goes before what names suggest; the first that fits a file counts. Only
 *   it can say that tests belong to other jobs: names do not tell what a job runs
 */
export function changedOf(
  files: readonly string[] | null,
  job: { name: string; workflow: string | null },
  paths: readonly PathJobs[],
): Changed {
  if (files === null || files.length === 0) return 'unknown'
  if (job.workflow !== null && files.includes(job.workflow)) return 'workflow'
  const kinds = new Set(files.map((file) => kindOf(file, job.name, paths)))
  if (kinds.has('code')) return 'code'
  return kinds.has('tests') ? 'tests' : 'docs'
}

function kindOf(file: string, job: string, paths: readonly PathJobs[]): 'docs' | 'tests' | 'code' {
  const own = paths.find((one) => matchesGlob(file, one.glob))
  if (own) {
    if (own.jobs.some((glob) => matchesGlob(job, glob))) return 'code'
    return own.jobs.length === 0 ? 'docs' : 'tests'
  }
  if (DOCS.test(file)) return 'docs'
  return 'code'
}
