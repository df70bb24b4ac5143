/** Requests to run jobs again, by people and robots: they show that somebody took a failure for a flake. */
import { parseTestLines, type RetestCommand, retestsIn } from './command.ts'
import type { HeadFacts } from './head-facts.ts'
import type { HeadRules } from './head-rules.ts'
import { notHunted } from './hunted.ts'
import { possibleNames } from './job-names.ts'
import type { Job } from './run.ts'

/** Somebody asked for CI to run again. */
export interface Request {
  /** Epoch ms. */
  at: number
  byBot: boolean
  /** Whether it asks for this job on this pull request. */
  isFor(job: Job, number: number): boolean
}

/** Every request to run something again, read once for all jobs of the commit. */
export function requestsIn(facts: HeadFacts, rules: HeadRules): Request[] {
  const comments = facts.comments.flatMap((comment) => {
    const commands = retestsIn(comment.body, rules.retestWords)
    const wholeNames = new Set(parseTestLines(comment.body).flatMap(possibleNames))
    const isFor: Request['isFor'] = (job, number) =>
      comment.number === number &&
      (wholeNames.has(job.name) || commands.some((command) => asksFor(command, job.name)))
    const author = { login: comment.author, isBot: comment.author_is_bot }
    return commands.length > 0
      ? { at: Date.parse(comment.reported_at), byBot: rules.isBot(author), isFor }
      : []
  })
  const buttons = facts.rerunRequests.map(({ name, app, actor, actor_is_bot, reported_at }) => ({
    at: Date.parse(reported_at),
    byBot: rules.isBot({ login: actor, isBot: actor_is_bot }),
    // A request for a whole check suite names no job.
    isFor: (job: Job) =>
      app === job.app && job.source === 'check_run' && (name === null || name === job.name),
  }))
  return [...comments, ...buttons, ...attemptsIn(facts, rules), ...reopeningsIn(facts)]
}

/** Further attempts of workflow runs. Those that a hunt started are not requests. */
function attemptsIn({ workflowRuns, hunted }: HeadFacts, rules: HeadRules): Request[] {
  const again = notHunted(workflowRuns, hunted).filter(({ attempt }) => attempt > 1)
  return again.map(({ path, actor, actor_is_bot, started_at }) => ({
    at: Date.parse(started_at),
    byBot: rules.isBot({ login: actor ?? '', isBot: actor_is_bot }),
    isFor: (job: Job) => path === job.workflow,
  }))
}

/** Closing and opening a pull request again has CI run again. The event does not say who did it. */
function reopeningsIn({ acts }: HeadFacts): Request[] {
  return acts
    .filter(({ action }) => action === 'reopened')
    .map(({ number, reported_at }) => ({
      at: Date.parse(reported_at),
      byBot: false,
      isFor: (_job, of) => of === number,
    }))
}

/** Requests to re-run this job between the two times (epoch ms, both inclusive). */
export function requestsBetween(
  requests: readonly Request[],
  [from, to]: readonly [number, number],
  number: number,
  job: Job,
): Request[] {
  return requests.filter((request) => request.at >= from && request.at <= to && request.isFor(job, number))
}

function asksFor({ command, jobs }: RetestCommand, jobName: string): boolean {
  return command !== 'test' || jobs.includes(jobName)
}
