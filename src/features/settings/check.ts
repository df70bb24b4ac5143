/** Tells a pull request that changes the settings file what would change, in a check run at its head. */
import { readHeadsOf } from '../../db/pull-requests.ts'
import { readRequirements } from '../../db/required.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { type NamedJob, type Required, requiredBy } from '../../domain/required.ts'
import { SETTINGS_PATH } from '../../domain/settings-path.ts'
import { writeCheckRun } from '../../github/check-runs.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import { touchesFile } from '../../github/files.ts'
import { compareSettings } from '../../settings/compare.ts'
import { settingsOf } from '../../settings/read.ts'
import { type SettingsCheck, settingsCheckSummary, settingsCheckTitle } from '../../texts/settings-check.ts'
import type { EffectResult } from '../feature.ts'
import { combine, ORGANISATION_REPOSITORY, readSettingsFiles } from './refresh.ts'

const NAME = 'flake-sla settings'

/** Writes the check run where the head still is the newest and changes the file. */
export async function checkSettings(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const { number, head_sha } = effect.detail as { number: number; head_sha: string }
  const { repository_id, full_name } = repository
  const [head] = await readHeadsOf(deps.db, repository_id, number)
  if (head && head.head_sha !== head_sha) return { result: 'not written: there is a newer head', url: null }
  const at = pathOf(full_name)
  if (!(await touchesFile(octokit, { ...at, pull_number: number }, SETTINGS_PATH)))
    return { result: 'the settings are not touched', url: null }
  const check = await readCheck(deps, octokit, repository, head_sha)
  const { url } = await writeCheckRun(octokit, at, {
    headSha: head_sha,
    name: NAME,
    conclusion: check.problems.length > 0 ? 'failure' : 'success',
    title: settingsCheckTitle(check),
    summary: settingsCheckSummary(check),
  })
  return { result: 'said what would change', url }
}

async function readCheck(
  deps: Deps,
  octokit: Octokit,
  { repository_id, full_name }: Row<'repository'>,
  headSha: string,
): Promise<SettingsCheck> {
  const found = combine(await readSettingsFiles(octokit, full_name, headSha))
  const before = await deps.settingsOf(repository_id)
  const after = found.settings === null ? before : settingsOf(found.settings)
  const { jobs, lists, defaultBranch } = await readRequirements(deps.db, repository_id)
  const counted = requiredBy(before, lists, defaultBranch)
  const willCount = requiredBy(after, lists, defaultBranch)
  return {
    problems: found.problems,
    changes: compareSettings(before, after),
    jobsAdded: countedOnlyBy(willCount, counted, jobs),
    jobsDropped: countedOnlyBy(counted, willCount, jobs),
    isOrganisation: pathOf(full_name).repo === ORGANISATION_REPOSITORY,
  }
}

/** Names of the jobs that count under one settings and not under the other. */
function countedOnlyBy(one: Required, other: Required, jobs: readonly NamedJob[]): string[] {
  return [...new Set(jobs.filter((job) => one.includes(job) && !other.includes(job)).map((job) => job.name))]
}
