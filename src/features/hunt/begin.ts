/** Begins the hunt that a command asks for: checks the permission, finds the job and writes the first comment. */
import { EPOCH } from '@flake-sla/hunt/actions'
import { beginHunt } from '../../db/hunts.ts'
import { readHunt } from '../../domain/command.ts'
import type { HeadJob } from '../../domain/retest.ts'
import { iso } from '../../domain/time.ts'
import { react } from '../../github/comments.ts'
import * as reruns from '../../github/reruns.ts'
import { HUNT_NOT_ALLOWED, HUNT_USAGE, huntBegunText, noJobText } from '../../texts/hunt.ts'
import type { TaskPending, TaskResult } from '../feature.ts'
import { type HuntContext, requestedKey, type StoredSettings, writeAnswer } from './context.ts'

/** The pass rate to test against, as on the command line. */
const GOAL = { target: 0.999, confidence: 0.95 }

/** Begins the hunt, or answers with the reason why not. */
export async function beginRequested(context: HuntContext): Promise<TaskResult | TaskPending> {
  const { deps, octokit, path, pull, task } = context
  const { author, words, comment_id, comment_kind } = task.payload
  if (pull === null) return { result: 'not hunted: the pull request is closed', url: null }
  if (!(await reruns.mayWrite(octokit, path, author)))
    return refuse(context, 'refused: not allowed', HUNT_NOT_ALLOWED)
  if (words === '') return refuse(context, 'not understood', HUNT_USAGE)
  const jobs = await reruns.readHeadJobs(octokit, path, pull.headSha)
  const ofActions = jobs.filter((job) => job.app === reruns.ACTIONS)
  const names = [...new Set(ofActions.map((job) => job.name))].sort()
  const command = readHunt(words, names)
  const job = ofActions.find(({ name }) => name === command.job)
  const lane = job && (await laneOf(context, pull.headSha, job))
  if (!lane) return refuse(context, 'no such job', noJobText(command.job, pull.headSha, names))
  await react(octokit, { ...path, comment_id, kind: comment_kind })
  await begin(context, { ...command, headSha: pull.headSha, lane })
  return { again_at: deps.now() }
}

/** The lane that re-runs the job's newest workflow run; undefined if GitHub no longer has it. */
async function laneOf({ octokit, path }: HuntContext, sha: string, job: HeadJob) {
  const runs = await reruns.readWorkflowRuns(octokit, path, sha)
  const run = runs.find(({ suiteId }) => suiteId !== null && suiteId === job.suiteId)
  if (!run) return undefined
  return { run_id: run.id, suite_id: run.suiteId ?? 0, sha, attempt: null, requested: false, after: EPOCH }
}

type Lane = StoredSettings['lanes'][number]

/** Writes the first comment and stores the hunt. `runs` is what the command asks for, null for the most allowed. */
async function begin(
  context: HuntContext,
  { job, runs, headSha, lane }: { job: string; runs: number | null; headSha: string; lane: Lane },
): Promise<void> {
  const { deps, repository, task } = context
  const { author, number } = task.payload
  const { maxRuns, maxMinutes: minutes } = (await deps.settingsOf(repository.repository_id)).hunt
  const allowed = Math.min(runs ?? maxRuns, maxRuns)
  const wanted = runs !== null && runs > allowed ? runs : null
  await writeAnswer(context, huntBegunText({ job, headSha, askedBy: author, minutes, runs: allowed, wanted }))
  await storeBeginning(context, {
    ...{ repository: repository.full_name, job, ref: headSha, workflow: null },
    ...{ runs: allowed, parallel: 1, minutes, goal: GOAL, untilFailure: false, allRuns: false },
    ...{ pull_request: number, asked_by: author, lanes: [lane], spent: 0 },
  })
}

async function storeBeginning({ deps, task }: HuntContext, settings: StoredSettings): Promise<void> {
  const { repository, job, ref } = settings
  const { number, author } = task.payload
  await beginHunt(deps.db, {
    name: `${job}-#${number}`,
    place: 'actions',
    repository,
    job,
    changed: null,
    notes: `requested by ${author} on #${number}`,
    settings: { ...settings },
    environment: { commit: ref, 'pull request': `#${number}` },
    started_at: iso(deps.now()),
    requested_key: requestedKey(task),
  })
}

async function refuse(context: HuntContext, result: string, body: string): Promise<TaskResult> {
  return { result, url: await writeAnswer(context, body) }
}
