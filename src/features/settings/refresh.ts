/** Reads a repository's settings from GitHub and stores them with the time from which they hold. */

import { enqueueAgain, type LeasedTask } from '../../db/outbox.ts'
import { readRepositories, readRepositoriesWithStaleSettings } from '../../db/repositories.ts'
import type { Db, Row } from '../../db/schema.ts'
import {
  addSettings,
  knowsTimeZone,
  readNewestSettings,
  readSettingsAt,
  touchSettings,
} from '../../db/settings.ts'
import type { Deps } from '../../deps.ts'
import { SETTINGS_PATH } from '../../domain/settings-path.ts'
import { newTask, type Payloads } from '../../domain/task.ts'
import { DAY_MS, iso } from '../../domain/time.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import { readTextFile } from '../../github/files.ts'
import { mergeSettingsInputs, parseSettingsInput } from '../../settings/read.ts'
import type { SettingsInput } from '../../settings/schema.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

/** The organisation's repository whose settings apply to all of its others. */
export const ORGANISATION_REPOSITORY = '.github'
const MAX_AGE_MS = DAY_MS

/** A settings file; its text is null where there is none. */
export interface SettingsFile {
  /** `owner/name/path`, as people read it. */
  source: string
  text: string | null
}

/** What the files of an organisation and a repository say together; settings are null if one of them is broken. */
export interface Combined {
  settings: SettingsInput | null
  sources: string[]
  problems: string[]
}

/** Reads the organisation's file and the repository's. @param ref the version of the latter; by default the newest */
export async function readSettingsFiles(
  octokit: Octokit,
  fullName: string,
  ref?: string,
): Promise<SettingsFile[]> {
  const { owner, repo } = pathOf(fullName)
  const names = repo === ORGANISATION_REPOSITORY ? [repo] : [ORGANISATION_REPOSITORY, repo]
  const files: SettingsFile[] = []
  for (const name of names) {
    const version = name === repo ? ref : undefined
    const text = await readTextFile(octokit, { owner, repo: name }, SETTINGS_PATH, version)
    files.push({ source: `${owner}/${name}/${SETTINGS_PATH}`, text })
  }
  return files
}

/** As `readSettingsFiles`, but the newest file where the pushed commit has none: a commit that a force-push removed has no files. */
async function readPushedFiles(octokit: Octokit, fullName: string, sha?: string): Promise<SettingsFile[]> {
  const files = await readSettingsFiles(octokit, fullName, sha)
  const isMissing = sha !== undefined && files[files.length - 1]?.text === null
  return isMissing ? readSettingsFiles(octokit, fullName) : files
}

/** Merges the files; a later file overrides an earlier one. */
export function combine(files: readonly SettingsFile[]): Combined {
  let settings: SettingsInput = {}
  const problems: string[] = []
  const sources: string[] = []
  for (const { source, text } of files) {
    if (text === null) continue
    sources.push(source)
    const result = parseSettingsInput(text)
    if (result.input === null) problems.push(...result.problems.map((problem) => `${source}: ${problem}`))
    else settings = mergeSettingsInputs(settings, result.input)
  }
  return { settings: problems.length > 0 ? null : settings, sources, problems }
}

/** The files with a problem more if the database does not know their time zone. */
export async function withKnownTimeZone(db: Db, combined: Combined): Promise<Combined> {
  const zone = combined.settings?.time_zone
  if (zone === undefined || (await knowsTimeZone(db, zone))) return combined
  const problem = `time_zone: is ${JSON.stringify(zone)}, which the database does not know`
  return { ...combined, settings: null, problems: [problem] }
}

/**
 * Reads the settings of a pushed commit, or the newest, and stores them if they differ from those that held before. If a file is
 * broken, the last usable settings stay, with the problems beside them.
 */
export async function refreshSettings(
  { deps, octokit, repository }: TaskContext,
  { payload: { sha, since } }: LeasedTask<'settings'>,
): Promise<TaskResult> {
  const { repository_id, full_name } = repository
  const files = combine(await readPushedFiles(octokit, full_name, sha))
  const { settings, sources, problems } = await withKnownTimeZone(deps.db, files)
  const read_at = iso(deps.now())
  const valid_from = since !== undefined && since < read_at ? since : read_at
  const newest = await readNewestSettings(deps.db, repository_id)
  const before = await readSettingsAt(deps.db, repository_id, valid_from)
  const found: StoredSettings = { settings: { ...(settings ?? before?.settings) }, sources, problems }
  // The newest file was not necessarily there when the change was announced.
  const known = sha === undefined ? [newest, before] : [before]
  if (newest) await touchSettings(deps.db, newest, read_at)
  if (known.some((row) => row && isSame(row, found))) return { result: 'settings unchanged', url: null }
  await addVersion(deps.db, { repository_id, valid_from, read_at, ...found })
  if (pathOf(full_name).repo === ORGANISATION_REPOSITORY)
    await requestForOwner(deps, repository, { since: valid_from })
  const isBroken = problems.length > 0
  return { result: isBroken ? 'settings cannot be used; the last ones stay' : 'settings read', url: null }
}

/** Adds a version. GitHub dates pushes to the second, so of two in one second the one that is read later holds a millisecond later. */
async function addVersion(db: Db, version: Row<'settings'>): Promise<void> {
  const before = await readSettingsAt(db, version.repository_id, version.valid_from)
  if (before && isSame(before, version)) return
  if (await addSettings(db, version)) return
  await addVersion(db, { ...version, valid_from: iso(Date.parse(version.valid_from) + 1) })
}

/** Requests the settings of every repository where they were last read more than a day ago, or never. */
export async function requestStaleSettings(deps: Deps): Promise<void> {
  if (!deps.github) return
  const since = iso(deps.now() - MAX_AGE_MS)
  for (const { repository_id } of await readRepositoriesWithStaleSettings(deps.db, since))
    await requestSettings(deps, repository_id, {})
}

/** The organisation's file changes the settings of each of its repositories. */
async function requestForOwner(
  deps: Deps,
  { full_name }: Row<'repository'>,
  change: Payloads['settings'],
): Promise<void> {
  const { owner } = pathOf(full_name)
  for (const repository of await readRepositories(deps.db)) {
    if (pathOf(repository.full_name).owner !== owner || repository.full_name === full_name) continue
    await requestSettings(deps, repository.repository_id, change)
  }
}

async function requestSettings(
  { db, now }: Deps,
  repository_id: number,
  change: Payloads['settings'],
): Promise<void> {
  await enqueueAgain(db, newTask({ repository_id, task_key: 'settings', at: iso(now()) }, 'settings', change))
}

type StoredSettings = Pick<Row<'settings'>, 'settings' | 'sources' | 'problems'>

function isSame(a: StoredSettings, b: StoredSettings): boolean {
  const text = ({ settings, sources, problems }: StoredSettings) =>
    JSON.stringify([sorted(settings), sources, problems])
  return text(a) === text(b)
}

/** The value with its keys in alphabetical order: the database does not keep their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  )
}
