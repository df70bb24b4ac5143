/** Reads a repository's settings from GitHub and stores what they amount to, with the time from which it is true. */
import { requestAgain } from '../../db/outbox.ts'
import type { Row } from '../../db/schema.ts'
import { addSettings, readNewestSettings, readUnreadRepositories, touchSettings } from '../../db/settings.ts'
import type { Deps } from '../../deps.ts'
import { SETTINGS_PATH } from '../../domain/settings-path.ts'
import { type Octokit, pathOf } from '../../github/client.ts'
import { readTextFile } from '../../github/files.ts'
import { mergeSettingsInputs, parseSettingsInput } from '../../settings/read.ts'
import type { SettingsInput } from '../../settings/schema.ts'
import type { EffectResult } from '../feature.ts'

/** The organisation's repository whose settings hold for all of its others. */
export const ORGANISATION_REPOSITORY = '.github'
const READ_AGAIN_MS = 24 * 3_600_000
const BEGINNING = new Date(0).toISOString()

/** A settings file that was found, or not. */
export interface SettingsFile {
  /** `owner/name/path`, as people are told of it. */
  source: string
  text: string | null
}

/** What the files of an organisation and a repository say together; settings are null where one cannot be used. */
export interface Combined {
  settings: SettingsInput | null
  sources: string[]
  problems: string[]
}

/** Reads the organisation's file and the repository's, the latter as of a ref where one is given. */
export async function readSettingsFiles(
  octokit: Octokit,
  fullName: string,
  ref?: string,
): Promise<SettingsFile[]> {
  const { owner, repo } = pathOf(fullName)
  const names = repo === ORGANISATION_REPOSITORY ? [repo] : [ORGANISATION_REPOSITORY, repo]
  const files: SettingsFile[] = []
  for (const name of names) {
    const text = await readTextFile(
      octokit,
      { owner, repo: name },
      SETTINGS_PATH,
      name === repo ? ref : undefined,
    )
    files.push({ source: `${owner}/${name}/${SETTINGS_PATH}`, text })
  }
  return files
}

/** Reads the files, the later one over the earlier. */
export function combine(files: readonly SettingsFile[]): Combined {
  let settings: SettingsInput = {}
  const problems: string[] = []
  const sources: string[] = []
  for (const { source, text } of files) {
    if (text === null) continue
    sources.push(source)
    const result = parseSettingsInput(text)
    if (result.input === null) problems.push(...result.problems.map((one) => `${source}: ${one}`))
    else settings = mergeSettingsInputs(settings, result.input)
  }
  return { settings: problems.length > 0 ? null : settings, sources, problems }
}

/** Reads and stores; a broken file leaves the last settings that could be used, and its problems are kept beside them. */
export async function refreshSettings(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
): Promise<EffectResult> {
  const { repository_id, full_name } = repository
  const found = combine(await readSettingsFiles(octokit, full_name))
  const newest = await readNewestSettings(deps.db, repository_id)
  const at = new Date(deps.now()).toISOString()
  const told = {
    settings: (found.settings ?? newest?.settings ?? {}) as Record<string, unknown>,
    sources: found.sources,
    problems: found.problems,
  }
  if (newest && isSame(newest, told)) {
    await touchSettings(deps.db, newest, at)
    return { result: 'settings unchanged', url: null }
  }
  // What the first reading finds was so before; of what came before it nothing else is known.
  await addSettings(deps.db, { repository_id, valid_from: newest ? at : BEGINNING, read_at: at, ...told })
  if (pathOf(full_name).repo === ORGANISATION_REPOSITORY) await requestForOwner(deps, repository, at)
  const result = found.problems.length > 0 ? 'settings cannot be used; the last ones stand' : 'settings read'
  return { result, url: null }
}

/** Asks for the settings that nobody has read for a day, or never. */
export async function requestStaleSettings(deps: Deps): Promise<void> {
  if (!deps.github) return
  const now = deps.now()
  const since = new Date(now - READ_AGAIN_MS).toISOString()
  for (const { repository_id } of await readUnreadRepositories(deps.db, since))
    await requestSettings(deps, repository_id, new Date(now).toISOString())
}

/** A change of the organisation's file is one for each of its repositories. */
async function requestForOwner(deps: Deps, { full_name }: Row<'repository'>, at: string): Promise<void> {
  const { owner } = pathOf(full_name)
  const all = await deps.db.selectFrom('repository').selectAll().where('removed_at', 'is', null).execute()
  for (const one of all) {
    if (pathOf(one.full_name).owner !== owner || one.full_name === full_name) continue
    await requestSettings(deps, one.repository_id, at)
  }
}

async function requestSettings(deps: Deps, repository_id: number, at: string): Promise<void> {
  await requestAgain(deps.db, { repository_id, task_key: 'settings', kind: 'settings', detail: {}, at })
}

function isSame(row: Row<'settings'>, told: Pick<Row<'settings'>, 'settings' | 'sources' | 'problems'>) {
  const plain = ({ settings, sources, problems }: typeof told) =>
    JSON.stringify([sorted(settings), sources, problems])
  return plain(row) === plain(told)
}

/** The database orders the keys of JSON its own way. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  )
}
