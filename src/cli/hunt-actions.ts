/** `hunt --repository o/r --job NAME --ref REF`: the runs are attempts of a job on GitHub Actions, kept one by one. */
import type { Db } from '../db/client.ts'
import {
  addHuntRuns,
  beginHunt,
  endHunt,
  findHunt,
  type HuntRow,
  keepSettings,
  readHuntRuns,
  replaceHuntRuns,
} from '../db/hunts.ts'
import { UserError } from '../domain/user-error.ts'
import { openActions } from '../hunt/actions/api.ts'
import {
  type ActionsHooks,
  type ActionsSettings,
  type Before,
  huntOnActions,
  type Lane,
} from '../hunt/actions/hunt.ts'
import { answerOf } from '../hunt/answer.ts'
import type { Hunt, HuntRun } from '../hunt/run.ts'
import { headline } from '../hunt/sentences.ts'
import { withDatabase } from './database.ts'
import { runOf } from './hunt-kept.ts'
import { goalOf, type HuntOptions, whole } from './hunt-options.ts'

/** GitHub's own name for where its API is, also on its runners; another one for GitHub Enterprise. */
const API = 'https://api.github.com'
const HERE_ONLY = ['isolate', 'stress', 'shuffleEnv', 'compare'] as const

type Kept = ActionsSettings & { lanes?: Lane[] }

/**
 * Begins or resumes a hunt on GitHub Actions. Every run is kept when it is known, so that nothing paid for is lost.
 * @throws UserError on options that cannot be used, and on what GitHub refuses
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
      'Set GITHUB_TOKEN to a token that may write Actions, and read contents and pull requests.',
    )
  return withDatabase(options.databaseUrl, async (db) => {
    const { hunt, settings, before } =
      options.resume === undefined ? await begin(db, options) : await resume(db, options.resume)
    const [owner = '', repo = ''] = settings.repository.split('/')
    process.stderr.write(`Kept as ${hunt.name}; hunt --resume ${hunt.name} goes on when this is stopped.\n`)
    const hunted = await underWay(settings.runs, (hooks) =>
      huntOnActions(
        openActions({ owner, repo }, { token, baseUrl }),
        settings,
        keeping(db, hunt.id, settings, hooks),
        before,
      ),
    )
    await end(db, hunt.id, hunted)
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
  const before: Before = { runs: [], lanes: [] }
  return { hunt: { id: begun.huntId, name: begun.name }, settings, before }
}

async function resume(db: Db, name: string) {
  const row: HuntRow | undefined = await findHunt(db, name)
  if (row?.place !== 'actions')
    throw new UserError(`There is no hunt ${name} on GitHub Actions to resume. hunt list shows all.`)
  const { lanes = [], ...settings } = row.settings as unknown as Kept
  const runs = (await readHuntRuns(db, row.hunt_id)).map(runOf)
  return { hunt: { id: row.hunt_id, name }, settings, before: { runs, lanes } }
}

function keeping(
  db: Db,
  huntId: number,
  settings: ActionsSettings,
  hooks: { signal: AbortSignal; onRun(run: HuntRun): void },
): ActionsHooks {
  return {
    signal: hooks.signal,
    async onRun(run) {
      await addHuntRuns(db, huntId, [run])
      hooks.onRun(run)
    },
    onLanes: (lanes) => keepSettings(db, huntId, { ...settings, lanes }),
  }
}

async function end(db: Db, huntId: number, hunt: Hunt): Promise<void> {
  const answer = answerOf(hunt)
  await replaceHuntRuns(db, huntId, hunt.runs)
  const { ending, ended_by, missed } = hunt
  const ended_at = new Date().toISOString()
  await endHunt(db, huntId, {
    ended_at,
    ending,
    ended_by,
    missed,
    headline: headline(answer),
    answer: { ...answer },
  })
}

function settingsOf(options: HuntOptions): ActionsSettings {
  const { repository, job, ref, workflow = null } = options
  if (!repository || !/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new UserError(`--repository ${repository ?? ''} is no repository. Write it like octo-org/shop.`)
  if (!job) throw new UserError('--job says which job to repeat, by the name that GitHub shows.')
  if (!ref) throw new UserError('--ref says which commit to repeat it at: a branch, a tag or a SHA.')
  if (HERE_ONLY.some((name) => options[name] !== undefined) || options.junit.length > 0)
    throw new UserError(
      '--isolate, --stress, --shuffle-env, --compare and --junit are for runs on this machine: leave them out.',
    )
  return {
    repository,
    job,
    ref,
    workflow,
    runs: whole('--runs', options.runs, 100_000),
    parallel: whole('--parallel', options.parallel, MOST_AT_A_TIME),
    minutes: whole('--minutes', options.minutes, 1_000_000),
    goal: goalOf(options),
    untilFailure: options.untilFailure ?? false,
    allRuns: options.allRuns ?? false,
  }
}

const MOST_AT_A_TIME = 256
