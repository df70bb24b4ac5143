/**
 * Gates: jobs whose result states something about the pull request (CLA signed, title, labels, approval, coverage) and not about an
 * execution of its code. They flip when a person acts. A gate never flakes and tests no pull request.
 */
import type { CommentFact } from './facts.ts'
import type { PullRequestAct } from './head-facts.ts'
import { knownGate } from './known-gates.ts'
import type { Request } from './request.ts'
import { ACTIONS_APP, type Job, type Run } from './run.ts'
import { MINUTE_MS, SECOND_MS } from './time.ts'

/** Why a job is a gate, as a clause without a full stop; null where it is a test. */
export type GateOf = (job: Pick<Job, 'name' | 'app'> & { job_id?: number }) => { why: string } | null

/** A job that was learned to be a gate. */
export interface LearnedGate {
  job_id: number
  /** What a person had done before each change of its outcome, such as `a label`. */
  followed: string
  /** At how many commits its outcome changed. */
  changes: number
}

/** Decides which jobs are gates: those in the table, and those learned in their repository. */
export function gatesAmong(learned: readonly LearnedGate[]): GateOf {
  const byId = new Map(learned.map((gate) => [gate.job_id, gate]))
  return (job) => {
    const known = knownGate(job)
    if (known) return known
    const gate = byId.get(job.job_id ?? -1)
    if (!gate) return null
    const { changes, followed } = gate
    const times = changes === 1 ? 'its only change of result' : `each of its ${changes} changes of result`
    return { why: `${times} followed ${followed} within 10 minutes, and it never ran for 30 s` }
  }
}

/** Words in the names of jobs that often are gates. */
const LOOKS_LIKE =
  /\b(?:cla|dco|label(?:s|er)?|title|changelog|approv(?:e|al|als|ed)|wip|semantic|milestone|signed[- ]off|reviewers?)\b/i

/** Whether a job's name suggests that it is a gate, for hints about jobs that are counted. */
export function looksLikeGate(name: string): boolean {
  return LOOKS_LIKE.test(name.replaceAll(/[_/]/g, ' '))
}

/** A job all of whose runs are shorter may be a gate. */
export const MAX_GATE_MS = 30 * SECOND_MS
/** A gate's result follows what a person did within this time. */
const MAX_REACTION_MS = 10 * MINUTE_MS

/** What a person can do to a pull request that makes a gate flip, in words. */
const ACTS: ReadonlyMap<string, string> = new Map([
  ['edited', 'an edit'],
  ['labeled', 'a label'],
  ['unlabeled', 'a label'],
  ['comment', 'a comment'],
  ['review', 'a review'],
  ['review_comment', 'a review'],
])

/** Something that a person did to a pull request. */
export interface Act {
  number: number
  /** Epoch ms. */
  at: number
  what: string
}

/**
 * What was done to the pull requests besides pushes and commands.
 * @param isCommand whether a comment holds a command: it is addressed to CI and not to people
 * @param isBot whether an account is a robot: their comments say nothing about what a person did
 */
export function actsIn(
  events: readonly PullRequestAct[],
  comments: readonly CommentFact[],
  { isCommand, isBot }: { isCommand(comment: CommentFact): boolean; isBot(comment: CommentFact): boolean },
): Act[] {
  const ofEvents = events.flatMap(({ number, action, reported_at }) => {
    const what = ['edited', 'labeled', 'unlabeled'].includes(action) ? ACTS.get(action) : undefined
    return what ? [{ number, at: Date.parse(reported_at), what }] : []
  })
  const ofComments = comments
    .filter((comment) => !isCommand(comment) && !isBot(comment))
    .flatMap(({ number, kind, reported_at }) => {
      const what = ACTS.get(kind)
      return what ? [{ number, at: Date.parse(reported_at), what }] : []
    })
  return [...ofEvents, ...ofComments]
}

/**
 * What every change of a job's outcome at one commit followed; null when some change followed nothing that a person did, when it is a
 * further attempt of a workflow run, or when somebody had asked for a re-run.
 * @param runs passes and failures of the job at the commit, oldest first
 */
export function followedActs(
  runs: readonly Run[],
  number: number,
  acts: readonly Act[],
  requests: readonly Request[],
): string | null {
  const followed = new Set<string>()
  for (let i = 1; i < runs.length; i++) {
    const [before, after] = [runs[i - 1] as Run, runs[i] as Run]
    if (before.outcome === after.outcome) continue
    if (before.suiteId !== null && before.suiteId === after.suiteId && before.job.app === ACTIONS_APP)
      return null
    const isAskedFor = requests.some(
      ({ at, isFor }) => at >= before.completedAt && at <= after.completedAt && isFor(after.job, number),
    )
    const act = acts.findLast(
      (act) =>
        act.number === number &&
        act.at >= before.completedAt &&
        act.at <= after.completedAt &&
        after.completedAt - act.at <= MAX_REACTION_MS,
    )
    if (isAskedFor || !act) return null
    followed.add(act.what)
  }
  return followed.size === 0 ? null : [...followed].sort().join(', ')
}
