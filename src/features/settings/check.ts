/** Checks a settings file that a pull request changes, and says in a check run what would change. */
import type { LeasedTask } from '../../db/outbox.ts'
import { readHeadsOf } from '../../db/pull-requests.ts'
import { readRequirements } from '../../db/required.ts'
import { gatesAmong } from '../../domain/gate.ts'
import { type NamedJob, type Required, requiredBy } from '../../domain/required.ts'
import { SETTINGS_PATH } from '../../domain/settings-path.ts'
import { writeCheckRun } from '../../github/check-runs.ts'
import { touchesFile } from '../../github/files.ts'
import { compareSettings } from '../../settings/compare.ts'
import { settingsOf } from '../../settings/read.ts'
import { type SettingsCheck, settingsCheckSummary, settingsCheckTitle } from '../../texts/settings-check.ts'
import type { TaskContext, TaskResult } from '../feature.ts'
import { combine, ORGANISATION_REPOSITORY, readSettingsFiles, withKnownTimeZone } from './refresh.ts'

const NAME = 'flake-sla settings'

/** Writes the check run if the head is still the newest and changes the file. */
export async function checkSettings(
  context: TaskContext,
  task: LeasedTask<'settings-check'>,
): Promise<TaskResult> {
  const { deps, octokit, repository, path } = context
  const { number, head_sha } = task.payload
  const [head] = await readHeadsOf(deps.db, repository.repository_id, number)
  if (head && head.head_sha !== head_sha) return { result: 'not written: there is a newer head', url: null }
  if (!(await touchesFile(octokit, { ...path, pull_number: number }, SETTINGS_PATH)))
    return { result: 'the settings are not touched', url: null }
  const check = await readCheck(context, head_sha)
  const { url } = await writeCheckRun(octokit, path, {
    headSha: head_sha,
    name: NAME,
    conclusion: check.problems.length > 0 ? 'failure' : 'success',
    title: settingsCheckTitle(check),
    summary: settingsCheckSummary(check),
  })
  return { result: 'said what would change', url }
}

async function readCheck(
  { deps, octokit, repository: { repository_id, full_name }, path }: TaskContext,
  headSha: string,
): Promise<SettingsCheck> {
  const files = combine(await readSettingsFiles(octokit, full_name, headSha))
  const { settings, problems } = await withKnownTimeZone(deps.db, files)
  const before = await deps.settingsOf(repository_id)
  const after = settings === null ? before : settingsOf(settings)
  const { jobs, lists, defaultBranch, gates } = await readRequirements(deps.db, repository_id)
  const requiredBefore = requiredBy(before, lists, defaultBranch, gatesAmong(gates))
  const requiredAfter = requiredBy(after, lists, defaultBranch, gatesAmong(gates))
  return {
    problems,
    changes: compareSettings(before, after),
    jobsAdded: countedOnlyBy(requiredAfter, requiredBefore, jobs),
    jobsDropped: countedOnlyBy(requiredBefore, requiredAfter, jobs),
    isOrganisation: path.repo === ORGANISATION_REPOSITORY,
  }
}

/** Names of the jobs that the first list includes and the second does not. */
function countedOnlyBy(list: Required, other: Required, jobs: readonly NamedJob[]): string[] {
  const only = jobs.filter((job) => list.includesNow(job) && !other.includesNow(job))
  return [...new Set(only.map((job) => job.name))]
}
