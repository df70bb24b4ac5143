/** Carries out `/retest`, `/retest-required` and `/test`, where the settings ask for it and no other bot does. */
import { countRequestsBefore, type LeasedTask } from '../../db/outbox.ts'
import { readOtherRetester } from '../../db/retests.ts'
import { readScope } from '../../db/scope.ts'
import { type HeadJob, planRetest } from '../../domain/retest.ts'
import { DAY_MS, iso } from '../../domain/time.ts'
import { marker, react, writeComment } from '../../github/comments.ts'
import * as reruns from '../../github/reruns.ts'
import { NOT_ALLOWED, overLimitText, type Refused, retestText } from '../../texts/retest.ts'
import type { TaskContext, TaskResult } from '../feature.ts'

type RetestTask = LeasedTask<'retest'>

const MAX_PER_HOUR = 10
/** How far back to look for another bot's answers. */
const OTHER_BOT_MS = 28 * DAY_MS

/**
 * Re-runs the jobs that had failed when the person asked. Done again, it finds those runs replaced by newer ones and
 * re-runs nothing.
 */
export async function retest(context: TaskContext, task: RetestTask): Promise<TaskResult> {
  const { deps, octokit, path } = context
  const { number, author } = task.payload
  const reason = await whyOnlyRecorded(context, task)
  if (reason !== null) return { result: reason, url: null }
  const pull = await reruns.readOpenPull(octokit, path, number)
  if (!pull) return { result: 'not re-run: the pull request is closed', url: null }
  const before = await countRequestsBefore(deps.db, task)
  if (before > MAX_PER_HOUR) return { result: `refused: more than ${MAX_PER_HOUR} an hour`, url: null }
  if (before === MAX_PER_HOUR) return answer(context, task, pull, overLimitText(MAX_PER_HOUR), 'refused')
  const isAllowed = pull.author === author || (await reruns.mayWrite(octokit, path, author))
  if (!isAllowed) return answer(context, task, pull, NOT_ALLOWED, 'refused: not allowed')
  return rerun(context, task, pull)
}

/** Why a command is recorded as belief in a flake but not carried out; null if it is carried out. */
async function whyOnlyRecorded(
  { deps, repository, login }: TaskContext,
  task: RetestTask,
): Promise<string | null> {
  const { repository_id } = repository
  const settings = await deps.settingsOf(repository_id)
  if (!settings.retest.execute) return 'only recorded: retest.execute is off'
  const since = iso(Date.parse(task.payload.requested_at) - OTHER_BOT_MS)
  const other = await readOtherRetester(deps.db, repository_id, {
    since,
    ownLogin: await login(),
    bots: settings.bots,
  })
  return other === null ? null : `only recorded: ${other} answers these commands here`
}

async function rerun(context: TaskContext, task: RetestTask, pull: reruns.OpenPull): Promise<TaskResult> {
  const { deps, octokit, repository, path } = context
  const { commands, lines, comment_id, comment_kind, requested_at } = task.payload
  const { repository_id } = repository
  const { required } = await readScope(deps.db, repository_id, await deps.settingsOf(repository_id))
  const plan = planRetest(commands, await reruns.readHeadJobs(octokit, path, pull.headSha), {
    lines,
    required: (job) => required.includesNow(job),
    askedAt: Date.parse(requested_at),
  })
  if (plan.again.length > 0 && !deps.dryRun) await react(octokit, { ...path, comment_id, kind: comment_kind })
  const { done, refused, waiting } = await rerunJobs(context, pull.headSha, plan.again)
  // The next attempt sees the jobs that were re-run as running and re-runs only the others.
  if (waiting.length > 0) throw new Error(`${waiting.length} jobs wait until their workflow run has finished`)
  const text = retestText(plan, refused, pull.headSha, done)
  const result = `${done} jobs re-run`
  return text === null ? { result, url: null } : answer(context, task, pull, text, result)
}

/** What came of the requests to re-run jobs. */
class Outcome {
  done = 0
  /** Jobs of workflow runs that have not finished: GitHub re-runs only finished ones. */
  readonly waiting: HeadJob[] = []
  readonly refused: Refused = { notOurs: [], forbidden: [], others: [] }

  note(asked: reruns.Asked, jobs: readonly HeadJob[]): void {
    const names = jobs.map((job) => job.name)
    if (asked === 'asked') this.done += jobs.length
    else if (asked === 'forbidden') this.refused.forbidden.push(...names)
    else if (asked === 'not ours') this.refused.notOurs.push(...names)
    else this.refused.others.push(...names.map((name) => ({ name, message: asked.message })))
  }
}

/** Sends one request for each check run of another app, and one for each Actions workflow run. */
async function rerunJobs(context: TaskContext, headSha: string, jobs: readonly HeadJob[]): Promise<Outcome> {
  const { octokit, path } = context
  const outcome = new Outcome()
  for (const job of jobs) {
    if (job.app === reruns.ACTIONS) continue
    outcome.note(job.id === null ? 'not ours' : await reruns.rerequestCheck(octokit, path, job.id), [job])
  }
  const ofActions = jobs.filter((job) => job.app === reruns.ACTIONS)
  const runs = ofActions.length > 0 ? await reruns.readWorkflowRuns(octokit, path, headSha) : []
  for (const [suiteId, ofSuite] of Map.groupBy(ofActions, (job) => job.suiteId)) {
    const run = runs.find((candidate) => candidate.suiteId === suiteId)
    await rerunWorkflow(context, run, ofSuite, outcome)
  }
  return outcome
}

async function rerunWorkflow(
  { octokit, path }: TaskContext,
  run: reruns.WorkflowRun | undefined,
  jobs: readonly HeadJob[],
  outcome: Outcome,
): Promise<void> {
  const [job] = jobs
  if (!run) outcome.note({ message: 'its workflow run is gone' }, jobs)
  else if (!run.finished) outcome.waiting.push(...jobs)
  else if (jobs.length === 1 && job?.id) outcome.note(await reruns.rerunJob(octokit, path, job.id), jobs)
  else outcome.note(await reruns.rerunFailedJobs(octokit, path, run.id), jobs)
}

/** Answers on the pull request, once. Nobody can write in a locked conversation. */
async function answer(
  { octokit, path, login }: TaskContext,
  { task_key, payload: { number, requested_at } }: RetestTask,
  pull: reruns.OpenPull,
  body: string,
  result: string,
): Promise<TaskResult> {
  if (pull.locked) return { result: `${result}; the conversation is locked`, url: null }
  const own = { login: await login(), marker: marker(task_key), since: requested_at, body }
  return { result, url: await writeComment(octokit, { ...path, issue_number: number }, own) }
}
