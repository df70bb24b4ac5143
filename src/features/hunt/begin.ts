/** The beginning of a hunt that a command asks for: who may, which job is meant, and the one comment that tells of it. */

import { ALWAYS } from '@flake-sla/hunt/actions'
import { beginHunt } from '../../db/hunts.ts'
import { readHunt } from '../../domain/command.ts'
import type { HeadJob } from '../../domain/retest.ts'
import { react } from '../../github/comments.ts'
import * as reruns from '../../github/reruns.ts'
import { HUNT_NOT_ALLOWED, HUNT_USAGE, huntBegunText, noJobText } from '../../texts/hunt.ts'
import type { EffectPending, EffectResult } from '../feature.ts'
import { type HuntCommand, type KeptSettings, requestedKey, say } from './context.ts'

/** What is held against, as on the command line. */
const GOAL = { target: 0.999, confidence: 0.95 }

/** Begins the hunt, or says in a sentence why not. */
export async function beginAsked(command: HuntCommand): Promise<EffectResult | EffectPending> {
  const { deps, octokit, path, asked, pull } = command
  if (pull === null) return { result: 'not hunted: the pull request is closed', url: null }
  if (!(await reruns.mayWrite(octokit, path, asked.author)))
    return refuse(command, 'refused: not allowed', HUNT_NOT_ALLOWED)
  if (asked.words === '') return refuse(command, 'not understood', HUNT_USAGE)
  const jobs = await reruns.readHeadJobs(octokit, path, pull.headSha)
  const ofActions = jobs.filter((job) => job.app === reruns.ACTIONS)
  const names = [...new Set(ofActions.map((job) => job.name))].sort()
  const meant = readHunt(asked.words, names)
  const job = ofActions.find((one) => one.name === meant.job)
  const run = job && (await workflowRunOf(command, pull.headSha, job))
  if (!run) return refuse(command, 'no such job', noJobText(meant.job, pull.headSha, names))
  await react(octokit, { ...path, comment_id: asked.comment_id, kind: asked.comment_kind })
  const { maxRuns, maxMinutes } = (await deps.settingsOf(command.repository.repository_id)).hunt
  const runs = Math.min(meant.runs ?? maxRuns, maxRuns)
  const told = { job: meant.job, headSha: pull.headSha, askedBy: asked.author, minutes: maxMinutes }
  const wanted = meant.runs !== null && meant.runs > runs ? meant.runs : null
  await say(command, huntBegunText({ ...told, runs, wanted }))
  await keepBeginning(command, {
    repository: command.repository.full_name,
    job: meant.job,
    ref: pull.headSha,
    workflow: null,
    runs,
    parallel: 1,
    minutes: maxMinutes,
    goal: GOAL,
    untilFailure: false,
    allRuns: false,
    pull_request: asked.number,
    asked_by: asked.author,
    lanes: [{ ...run, sha: pull.headSha, attempt: null, asked: false, after: ALWAYS }],
    spent: 0,
  })
  return { again_at: deps.now() }
}

/** The workflow run that the job's newest result belongs to. */
async function workflowRunOf({ octokit, path }: HuntCommand, headSha: string, job: HeadJob) {
  const runs = await reruns.readWorkflowRuns(octokit, path, headSha)
  const found = runs.find((one) => one.suiteId !== null && one.suiteId === job.suiteId)
  return found && { run_id: found.id, suite_id: found.suiteId ?? 0 }
}

async function keepBeginning({ deps, effect, asked }: HuntCommand, settings: KeptSettings): Promise<void> {
  const { repository, job, ref } = settings
  await beginHunt(deps.db, {
    name: `${job}-#${asked.number}`,
    place: 'actions',
    repository,
    job,
    changed: null,
    notes: `asked for by ${asked.author} on #${asked.number}`,
    settings: { ...settings },
    environment: { commit: ref, 'pull request': `#${asked.number}` },
    started_at: new Date(deps.now()).toISOString(),
    requested_key: requestedKey(effect),
  })
}

async function refuse(command: HuntCommand, result: string, body: string): Promise<EffectResult> {
  return { result, url: await say(command, body) }
}
