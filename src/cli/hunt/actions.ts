/** `hunt --repository o/r --job NAME --ref REF`: the runs are attempts of a job on GitHub Actions, stored one by one. */

import { endOf, type Hunt, type HuntRun, runOf } from '@flake-sla/hunt'
import {
  type ActionsHooks,
  type ActionsSettings,
  type EarlierSession,
  huntOnActions,
  type Lane,
  openActions,
} from '@flake-sla/hunt/actions'
import { keepHuntStep } from '../../db/hunted.ts'
import { beginHunt, endKeptHunt, findHunt, type HuntRow, readHuntRuns } from '../../db/hunts.ts'
import { findRepository } from '../../db/repositories.ts'
import type { Db } from '../../db/schema.ts'
import { UserError } from '../../domain/user-error.ts'
import { withDatabase } from '../database.ts'
import { goalOf, type HuntOptions, whole } from './options.ts'

/** The default of GITHUB_API_URL, which GitHub's runners set. */
const API = 'https://api.github.com'
const LOCAL_ONLY = ['isolate', 'stress', 'shuffleEnv', 'compare'] as const

type StoredSettings = ActionsSettings & { lanes?: Lane[]; spent?: number }

/**
 * Starts or resumes a hunt on GitHub Actions. Every run is stored as soon as it completes, so that no paid minute is lost.
 * @throws UserError for invalid options, and when GitHub refuses a request
 */
export async function huntActions(
  options: HuntOptions,
  underWay: <T>(
    runs: number,
    work: (hooks: { signal: AbortSignal; onRun(run: HuntRun): void }) => Promise<T>,
  ) => Promise<T>,
): Promise<Hunt> {
  const { GITHUB_TOKEN: token = '', GITHUB_API_URL: baseUrl = API } = process.env
  if (token === '')
    throw new UserError(
      'Set GITHUB_TOKEN to a token with write permission for Actions, and read permission for contents and pull requests.',
    )
  return withDatabase(options.databaseUrl, async (db) => {
    const { hunt, settings, before } =
      options.resume === undefined ? await begin(db, options) : await resume(db, options.resume)
    const [owner = '', repo = ''] = settings.repository.split('/')
    const stored = { huntId: hunt.id, repositoryId: await repositoryIdOf(db, settings.repository) }
    process.stderr.write(`Stored as ${hunt.name}; resume with hunt --resume ${hunt.name}.\n`)
    const hunted = await underWay(settings.runs, (hooks) =>
      huntOnActions(
        openActions({ owner, repo }, { token, baseUrl }),
        settings,
        storingHooks(db, stored, settings, hooks),
        before,
      ),
    )
    await endKeptHunt(db, hunt.id, hunted.runs, endOf(hunted, new Date().toISOString()))
    return hunted
  })
}

async function begin(db: Db, options: HuntOptions) {
  const settings = settingsOf(options)
  const { repository, job } = settings
  const begun = await beginHunt(db, {
    name: options.name ?? job,
    place: 'actions',
    repository,
    job,
    changed: options.change ?? null,
    notes: options.note ?? '',
    settings: { ...settings },
    environment: { ref: settings.ref },
    started_at: new Date().toISOString(),
  })
  const before: EarlierSession = { runs: [], lanes: [], spent: 0 }
  return { hunt: { id: begun.huntId, name: begun.name }, settings, before }
}

async function resume(db: Db, name: string) {
  const row: HuntRow | undefined = await findHunt(db, name)
  if (row?.place !== 'actions')
    throw new UserError(`There is no hunt ${name} on GitHub Actions to resume. See hunt list.`)
  const { lanes = [], spent = 0, ...settings } = row.settings as unknown as StoredSettings
  const runs = (await readHuntRuns(db, row.hunt_id)).map(runOf)
  return { hunt: { id: row.hunt_id, name }, settings, before: { runs, lanes, spent } }
}

function storingHooks(
  db: Db,
  stored: { huntId: number; repositoryId: number | null },
  settings: ActionsSettings,
  hooks: { signal: AbortSignal; onRun(run: HuntRun): void },
): ActionsHooks {
  return {
    signal: hooks.signal,
    async onChange({ lanes, spent, ...change }) {
      await keepHuntStep(db, stored, { ...change, settings: { ...settings, lanes, spent } })
      if (change.run) hooks.onRun(change.run)
    },
  }
}

/** The app's number of the repository, where it shares this database. */
async function repositoryIdOf(db: Db, fullName: string): Promise<number | null> {
  const repository = await findRepository(db, fullName)
  return repository?.repository_id ?? null
}

function settingsOf(options: HuntOptions): ActionsSettings {
  const { repository, job, ref, workflow = null } = options
  if (!repository || !/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new UserError(`--repository ${repository ?? ''} is not owner/name. Write it like octo-org/shop.`)
  if (!job) throw new UserError('--job is missing: the job to repeat, by the name that GitHub shows.')
  if (!ref) throw new UserError('--ref is missing: the commit to repeat the job at, as a branch, tag or SHA.')
  if (options.junit.length > 0)
    throw new UserError(
      '--junit only works for runs on this machine. Leave it out: the logs of failed jobs are read.',
    )
  if (LOCAL_ONLY.some((name) => options[name] !== undefined))
    throw new UserError(
      '--isolate, --stress, --shuffle-env and --compare only work for runs on this machine. Leave them out: GitHub Actions runs each job on a new machine.',
    )
  return {
    repository,
    job,
    ref,
    workflow,
    runs: whole('--runs', options.runs, 100_000),
    parallel: whole('--parallel', options.parallel, MAX_PARALLEL),
    minutes: whole('--minutes', options.minutes, 1_000_000),
    goal: goalOf(options),
    untilFailure: options.untilFailure ?? false,
    allRuns: options.allRuns ?? false,
  }
}

const MAX_PARALLEL = 256
