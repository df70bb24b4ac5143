/** Says of a pull request that flaked what `/flake-report` would say, where the settings want it: in one comment, or a check run. */

import { readFlakedHeads, readSaid, readTalkativeRepositories } from '../../db/automatic-reports.ts'
import { requestAgain } from '../../db/outbox.ts'
import { readHeadsOf } from '../../db/pull-requests.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { requiredJobs } from '../../derive/measure.ts'
import { DAY_MS, iso } from '../../domain/time.ts'
import { writeCheckRun } from '../../github/check-runs.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import { keepComment, marker } from '../../github/comments.ts'
import { readIssue } from '../../github/issues.ts'
import type { EffectResult } from '../feature.ts'
import { writeReport } from './report.ts'

/** Jobs of one head end one after the other; it is waited until none has ended for so long. */
const QUIET_MS = 5 * 60_000
const CHECK_RUN = 'flake-sla'

/** Asks for a word about every head that flaked within a day and has changed since the last word about it. */
export async function requestAutomaticReports(deps: Deps): Promise<void> {
  if (!deps.github) return
  const now = deps.now()
  const at = new Date(now).toISOString()
  for (const repository_id of await readTalkativeRepositories(deps.db)) {
    const { jobIds } = await requiredJobs(deps.db, repository_id, await deps.settingsOf(repository_id))
    const times = { since: iso(now - DAY_MS), quiet_since: iso(now - QUIET_MS) }
    const heads = await readFlakedHeads(deps.db, repository_id, jobIds, times)
    if (heads.length === 0) continue
    const said = await readSaid(deps.db, repository_id)
    for (const { number, head_sha, runs, last_at } of heads) {
      const task_key = `automatic:${number}`
      const state = `${head_sha} ${runs} ${last_at}`
      if (said.get(task_key) === state) continue
      const detail = { number, head_sha, state }
      await requestAgain(deps.db, { repository_id, task_key, kind: 'automatic', detail, at })
    }
  }
}

/** Writes what the settings want written, unless it says the same already or the conversation is locked. */
export async function writeAutomaticReport(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const { number, head_sha } = effect.detail as { number: number; head_sha: string }
  const { report } = await deps.settingsOf(repository.repository_id)
  const [head] = await readHeadsOf(deps.db, repository.repository_id, number)
  if (head?.head_sha !== head_sha) return { result: 'not written: there is a newer head', url: null }
  const path = pathOf(repository.full_name)
  const body = await writeReport(deps, repository, number, null)
  const results: string[] = []
  let { url } = effect
  if (report.checkRun) {
    const written = await writeCheckRun(octokit, path, {
      headSha: head_sha,
      name: CHECK_RUN,
      conclusion: 'neutral',
      title: plain(body.split('\n')[0] ?? ''),
      summary: body,
    })
    results.push(written.written ? 'check run written' : 'check run unchanged')
    url = written.url
  }
  if (report.automatic) {
    const issue = await readIssue(octokit, path, number)
    if (!issue || issue.locked || issue.state !== 'open')
      return { result: 'not written: the conversation is locked, closed or gone', url }
    const login = (await deps.github?.botLogin()) ?? ''
    const on = { ...path, issue_number: number }
    const known = effect.url
    const comment = await keepComment(octokit, on, { login, marker: marker(effect.task_key), body, known })
    results.push(comment.written ? 'comment written' : 'comment unchanged')
    url = comment.url
  }
  return { result: results.join(', ') || 'not written: the settings do not want it any more', url }
}

/** A title shows Markdown as it is written. */
function plain(line: string): string {
  return line.replaceAll('**', '').replaceAll('`', '').slice(0, 200)
}
