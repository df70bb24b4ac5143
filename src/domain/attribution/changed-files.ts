/** What kind of files a pull request changes, from one job's point of view: it decides the prior probability of a fault. */

import { matchesGlob } from '../glob.ts'
import type { Changed } from './evidence.ts'

/** The jobs that files matching the glob can break; empty for documentation. */
export interface PathJobs {
  glob: string
  jobs: readonly string[]
}

const DOCS =
  /(^|\/)(docs?|documentation)\/|\.(md|mdx|markdown|rst|adoc|txt)$|(^|\/)(LICENSE|NOTICE|AUTHORS|OWNERS|CODEOWNERS|CHANGELOG)$/i

/**
 * The kind of a change.
 * @param files paths of all files that it changes; null when not all are known
 * @param job its name and, for an Actions job, the path of its workflow
 * @param paths the repository's settings, which take precedence over file names; the first matching glob applies. Only
 *   they can say that tests belong to other jobs: file names do not say what a job runs
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
  const setting = paths.find(({ glob }) => matchesGlob(file, glob))
  if (!setting) return DOCS.test(file) ? 'docs' : 'code'
  if (setting.jobs.length === 0) return 'docs'
  return setting.jobs.some((glob) => matchesGlob(job, glob)) ? 'code' : 'tests'
}
