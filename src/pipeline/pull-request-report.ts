/** What `/flake-report` is written from: every job of a pull request's newest head, what happened and what it may mean. */
import type { Db } from '../db/client.ts'
import {
  type JobFlake,
  type JobHabit,
  type JobRun,
  readFlakesOf,
  readHabits,
  readHeadsOf,
  readRunsOf,
} from '../db/pull-requests.ts'
import type { Row } from '../db/schema.ts'
import { readWindows } from '../db/sla.ts'
import type { Policy } from '../domain/policy.ts'
import { windowAt } from '../domain/window.ts'
import { requiredJobs } from './measure.ts'

const DAY = 86_400_000
const HABIT_DAYS = 14

/** One job at the head. */
export interface JobReport {
  name: string
  runs: JobRun[]
  flake: JobFlake | null
  /** How the job does elsewhere; null when no other pull request ran it in 14 days. */
  habit: JobHabit | null
}

export interface PullRequestReport {
  repository: string
  number: number
  headSha: string | null
  jobs: JobReport[]
  earlierFlakes: JobFlake[]
  requiredSource: string
  /** What could not be read of branch protection. */
  requiredProblem: string | null
  day: Row<'sla_window'> | null
  week: Row<'sla_window'> | null
  target: number
}

/** Gathers the report; `job` narrows it to the job of that name. `now` is epoch ms. */
export async function readPullRequestReport(
  db: Db,
  repository: Row<'repository'>,
  number: number,
  policy: Policy,
  now: number,
  job: string | null = null,
): Promise<PullRequestReport> {
  const { repository_id, full_name } = repository
  const [head] = await readHeadsOf(db, repository_id, number)
  const { required, jobIds } = await requiredJobs(db, repository_id, policy)
  const counts = (one: { job_id: number; name: string }) =>
    (jobIds === null || jobIds.includes(one.job_id)) && (job === null || one.name === job)
  const runs = head ? (await readRunsOf(db, repository_id, number, head.head_sha)).filter(counts) : []
  const flakes = (await readFlakesOf(db, repository_id, number)).filter(counts)
  const ids = [...new Set(runs.map((run) => run.job_id))]
  const habits = await readHabits(db, repository_id, ids, {
    number,
    since: new Date(now - HABIT_DAYS * DAY).toISOString(),
    until: new Date(now).toISOString(),
  })
  return {
    repository: full_name,
    number,
    headSha: head?.head_sha ?? null,
    jobs: ids.map((id) => ({
      name: runs.find((run) => run.job_id === id)?.name ?? '',
      runs: runs.filter((run) => run.job_id === id),
      flake: flakes.find((flake) => flake.job_id === id && flake.head_sha === head?.head_sha) ?? null,
      habit: habits.get(id) ?? null,
    })),
    earlierFlakes: flakes.filter((flake) => flake.head_sha !== head?.head_sha),
    requiredSource: required.source,
    requiredProblem: required.problem,
    day: await windowNow(db, repository_id, 'day', policy, now),
    week: await windowNow(db, repository_id, 'week', policy, now),
    target: policy.target,
  }
}

async function windowNow(db: Db, repositoryId: number, kind: 'day' | 'week', policy: Policy, now: number) {
  const { start } = windowAt(kind, now, policy.timeZone)
  const [row] = await readWindows(db, repositoryId, kind, { from: start, to: start })
  return row ?? null
}
