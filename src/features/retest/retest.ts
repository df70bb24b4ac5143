/** Carries out `/retest` and its related, where the settings say so and nobody else does: only ever because a person asked. */

import { countAskedBefore } from '../../db/outbox.ts'
import { readOtherRetester } from '../../db/retests.ts'
import type { Row } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { requiredJobs } from '../../derive/measure.ts'
import type { RetestCommand } from '../../domain/command.ts'
import { type HeadJob, planRetest } from '../../domain/retest.ts'
import { HOUR_MS } from '../../domain/time.ts'
import { type Octokit, pathOf, type RepositoryPath } from '../../github/client.ts'
import { marker, react, writeComment } from '../../github/comments.ts'
import * as reruns from '../../github/reruns.ts'
import { NOT_ALLOWED, overLimitText, type Refused, retestText } from '../../texts/retest.ts'
import type { EffectResult } from '../feature.ts'

interface RetestRequest {
  number: number
  commands: RetestCommand['command'][]
  lines: string[]
  author: string
  comment_id: number
  comment_kind: string
  asked_at: string
}

const MAX_AN_HOUR = 10
/** How far back another bot's answers are looked for. */
const OTHERS_MS = 28 * 24 * HOUR_MS

/** One command's surroundings. */
interface Command {
  deps: Deps
  octokit: Octokit
  repository: Row<'repository'>
  path: RepositoryPath
  effect: Row<'outbox'>
  asked: RetestRequest
}

/** Runs again what had failed when the person asked. Doing it again finds those runs replaced, and asks for nothing. */
export async function runAgain(
  deps: Deps,
  octokit: Octokit,
  repository: Row<'repository'>,
  effect: Row<'outbox'>,
): Promise<EffectResult> {
  const asked = effect.detail as unknown as RetestRequest
  const path = pathOf(repository.full_name)
  const command: Command = { deps, octokit, repository, path, effect, asked }
  const left = await whyLeft(command)
  if (left) return { result: left, url: null }
  const pull = await reruns.readOpenPull(octokit, path, asked.number)
  if (!pull) return { result: 'not run again: the pull request is closed', url: null }
  const since = new Date(Date.parse(asked.asked_at) - HOUR_MS).toISOString()
  const before = await countAskedBefore(deps.db, asked.author, since, effect)
  if (before > MAX_AN_HOUR) return { result: `refused: more than ${MAX_AN_HOUR} an hour`, url: null }
  if (before === MAX_AN_HOUR) return answer(command, pull, overLimitText(MAX_AN_HOUR), 'refused')
  const allowed = pull.author === asked.author || (await reruns.mayWrite(octokit, path, asked.author))
  if (!allowed) return answer(command, pull, NOT_ALLOWED, 'refused: not allowed')
  return carryOut(command, pull)
}

/** Why a command is only recorded, or null. */
async function whyLeft({ deps, repository, asked }: Command): Promise<string | null> {
  const { repository_id } = repository
  const settings = await deps.settingsOf(repository_id)
  if (!settings.retest.execute) return 'only recorded: retest.execute is off'
  const other = await readOtherRetester(deps.db, repository_id, {
    since: new Date(Date.parse(asked.asked_at) - OTHERS_MS).toISOString(),
    ownLogin: (await deps.github?.botLogin()) ?? '',
  })
  return other === null ? null : `only recorded: ${other} answers these commands here`
}

async function carryOut(command: Command, pull: reruns.OpenPull): Promise<EffectResult> {
  const { deps, octokit, repository, path, asked } = command
  const { repository_id } = repository
  const { required } = await requiredJobs(deps.db, repository_id, await deps.settingsOf(repository_id))
  const jobs = await reruns.readHeadJobs(octokit, path, pull.headSha)
  const plan = planRetest(asked.commands, jobs, {
    lines: asked.lines,
    required: (job) => required.includes(job),
    askedAt: Date.parse(asked.asked_at),
  })
  if (plan.again.length > 0 && !deps.dryRun)
    await react(octokit, { ...path, comment_id: asked.comment_id, kind: asked.comment_kind })
  const { done, refused, waiting } = await askAgain(command, pull.headSha, plan.again)
  // What has been asked for is seen as running the next time, so only the rest is asked for then.
  if (waiting.length > 0) throw new Error(`${waiting.length} jobs wait until their workflow run has finished`)
  const text = retestText(plan, refused, pull.headSha, done)
  const result = `${done} jobs run again`
  return text === null ? { result, url: null } : answer(command, pull, text, result)
}

/** Sends the requests: one for each check run of other apps, one for each workflow run. */
async function askAgain({ octokit, path }: Command, headSha: string, jobs: readonly HeadJob[]) {
  const refused: Refused = { notOurs: [], forbidden: [], others: [] }
  const waiting: HeadJob[] = []
  let done = 0
  const note = (asked: reruns.Asked, about: readonly HeadJob[]) => {
    const names = about.map((job) => job.name)
    if (asked === 'asked') done += about.length
    else if (asked === 'forbidden') refused.forbidden.push(...names)
    else if (asked === 'not ours') refused.notOurs.push(...names)
    else refused.others.push(...names.map((name) => ({ name, message: asked.message })))
  }
  const ofActions = jobs.filter((job) => job.app === reruns.ACTIONS)
  for (const job of jobs) {
    if (job.app === reruns.ACTIONS) continue
    note(job.id === null ? 'not ours' : await reruns.rerequestCheck(octokit, path, job.id), [job])
  }
  const runs = ofActions.length > 0 ? await reruns.readWorkflowRuns(octokit, path, headSha) : []
  for (const [suiteId, own] of Map.groupBy(ofActions, (job) => job.suiteId)) {
    const run = runs.find((one) => one.suiteId === suiteId)
    const [only] = own
    if (!run) note({ message: 'its workflow run is gone' }, own)
    else if (!run.finished) waiting.push(...own)
    else if (own.length === 1 && only?.id) note(await reruns.rerunJob(octokit, path, only.id), own)
    else note(await reruns.rerunFailedJobs(octokit, path, run.id), own)
  }
  return { done, refused, waiting }
}

/** Says why on the pull request, once; in a locked conversation nobody can. */
async function answer(
  { deps, octokit, path, effect, asked }: Command,
  pull: reruns.OpenPull,
  body: string,
  result: string,
): Promise<EffectResult> {
  if (pull.locked) return { result: `${result}; the conversation is locked`, url: null }
  const url = await writeComment(
    octokit,
    { ...path, issue_number: asked.number },
    {
      login: (await deps.github?.botLogin()) ?? '',
      marker: marker(effect.task_key),
      since: asked.asked_at,
      body,
    },
  )
  return { result, url }
}
