/** Writes this app's own check runs: one of each name at a commit, and only when its content changes. */
import { OWN_CHECK_RUN } from '../domain/own-check-run.ts'
import type { Octokit, RepositoryPath } from './client.ts'

export interface OwnCheckRun {
  headSha: string
  name: string
  conclusion: 'success' | 'neutral' | 'failure'
  title: string
  /** Markdown. */
  summary: string
}

/** Creates the check run or updates the existing one. @returns its address, and whether anything was written */
export async function writeCheckRun(
  octokit: Octokit,
  at: RepositoryPath,
  { headSha, name, conclusion, title, summary }: OwnCheckRun,
): Promise<{ url: string | null; written: boolean }> {
  const { data } = await octokit.rest.checks.listForRef({ ...at, ref: headSha, check_name: name })
  const found = data.check_runs.find((run) => run.external_id?.startsWith(OWN_CHECK_RUN))
  const content = { status: 'completed' as const, conclusion, output: { title, summary } }
  if (!found) {
    const external_id = `${OWN_CHECK_RUN}${name}`
    const made = await octokit.rest.checks.create({ ...at, head_sha: headSha, name, external_id, ...content })
    return { url: made.data.html_url, written: true }
  }
  const isSame =
    found.conclusion === conclusion && found.output.title === title && found.output.summary === summary
  if (isSame) return { url: found.html_url, written: false }
  await octokit.rest.checks.update({ ...at, check_run_id: found.id, ...content })
  return { url: found.html_url, written: true }
}
