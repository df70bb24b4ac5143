/**
 * Situations from public CI, each a few deliveries from webhook to figures: what a maintainer would call right. Those with a
 * counter-example stand next to it.
 */
import { expect, test } from 'vitest'
import { useDatabase } from '../support/database.ts'
import {
  aDelivery,
  type CheckRunOptions,
  checkRunDelivery,
  commentDelivery,
  pullRequestDelivery,
  statusDelivery,
  type TestDelivery,
  workflowRunDelivery,
} from '../support/deliveries.ts'
import { at, HEAD, OTHER_BASE } from '../support/facts.ts'
import { derive, readOnlyReport, recordAll } from '../support/pipeline.ts'

const DAY = 24 * 60
const JENKINS = { id: 9, slug: 'jenkins', name: 'Jenkins' }

interface Situation {
  deliveries: TestDelivery[]
  flakes: number
  /** Pull requests tested, summed over the days. */
  prs?: number
  grade?: 'strong' | 'weak'
  retested?: boolean
  pull_request?: number
}

const opened = pullRequestDelivery({ minute: 0 })

/** A check run of 5 minutes. Its id follows from suite and minute. */
function ran(conclusion: string, minute: number, more: CheckRunOptions = {}): TestDelivery {
  return checkRunDelivery({ id: (more.suite ?? 500) * 10_000 + minute, minute, conclusion, ...more })
}

function attempt(number: number, minute: number, conclusion = 'failure', more = {}): TestDelivery {
  return workflowRunDelivery({ attempt: number, minute, conclusion, ...more })
}

/** Statuses of one context and URL, ten minutes apart. */
function statuses(context: string, ...reports: [state: string, description: string][]): TestDelivery[] {
  return reports.map(([state, description], i) =>
    statusDelivery({ context, state, description, minute: 10 * (i + 1), id: 100 + i, build: 1 }),
  )
}

/** Statuses of one context, each with a URL of its own. */
function builds(context: string, ...reports: [state: string, description: string | null][]): TestDelivery[] {
  return reports.map(([state, description], i) =>
    statusDelivery({ context, state, description, minute: 10 * (i + 1), id: 100 + i, build: i + 1 }),
  )
}

/** A workflow job of a check run made by `ran`. */
function job(minute: number, more: object): TestDelivery {
  const id = 500 * 10_000 + minute
  const own = { id, run_id: 500, run_attempt: 1, name: 'unit', head_sha: HEAD, conclusion: 'failure' }
  const times = { started_at: at(minute - 5), completed_at: at(minute) }
  return aDelivery('workflow_job', { action: 'completed', workflow_job: { ...own, ...times, ...more } })
}

const sides = (conclusions: string[], minute: number) =>
  conclusions.map((conclusion, i) => ran(conclusion, minute + i))

const SITUATIONS: Record<string, Situation> = {
  'a build restarted under one URL fails, then passes': {
    deliveries: [
      opened,
      ...statuses(
        'travis',
        ['pending', 'runs'],
        ['failure', 'failed'],
        ['pending', 'runs'],
        ['success', 'passed'],
      ),
    ],
    flakes: 1,
  },
  'a status under one URL is corrected without a new start': {
    deliveries: [
      opened,
      ...statuses('travis', ['pending', 'runs'], ['failure', 'failed'], ['success', 'passed']),
    ],
    flakes: 0,
    prs: 1,
  },
  'a build restarted under one URL passes twice': {
    deliveries: [
      opened,
      ...statuses('travis', ['success', 'passed'], ['pending', 'runs'], ['success', 'passed']),
    ],
    flakes: 0,
  },
  'Jenkins cannot build, then builds': {
    deliveries: [
      opened,
      ...builds(
        'ci/pr-merge',
        ['error', 'This commit cannot be built'],
        ['success', 'This commit looks good'],
      ),
    ],
    flakes: 1,
  },
  'Jenkins aborts, then builds': {
    deliveries: [
      opened,
      ...builds(
        'ci/pr-merge',
        ['error', 'The build of this commit was aborted'],
        ['success', 'This commit looks good'],
      ),
    ],
    flakes: 0,
  },
  'a superseded Prow job fails, then passes': {
    deliveries: [
      opened,
      ...builds(
        'pull-unit',
        ['failure', 'Aborted as the newer version of this job is running.'],
        ['success', 'Job succeeded.'],
      ),
    ],
    flakes: 0,
  },
  'a Prow job that failed passes': {
    deliveries: [opened, ...builds('pull-unit', ['failure', 'Job failed.'], ['success', 'Job succeeded.'])],
    flakes: 1,
    grade: 'weak',
  },
  'some tests fail and others are cancelled': {
    deliveries: [opened, ...builds('e2e', ['failure', '3 tests failed, 2 cancelled'], ['success', 'passed'])],
    flakes: 1,
  },
  'a gate reports that the attempt was cancelled': {
    deliveries: [
      opened,
      attempt(1, 0, 'cancelled'),
      ran('cancelled', 6, { name: 'build' }),
      ran('failure', 12),
      attempt(2, 20, 'success'),
      ran('success', 30),
    ],
    flakes: 0,
  },
  'a job fails on its own before the attempt is cancelled': {
    deliveries: [
      opened,
      attempt(1, 0, 'cancelled'),
      ran('failure', 6),
      ran('cancelled', 12, { name: 'build' }),
      attempt(2, 20, 'success'),
      ran('success', 30),
    ],
    flakes: 1,
    grade: 'strong',
    retested: true,
  },
  'no machine took the job': {
    deliveries: [
      opened,
      ran('failure', 10),
      job(10, { runner_id: 0, runner_name: '', steps: [] }),
      ran('success', 30),
    ],
    flakes: 0,
  },
  'the machine of the job was lost': {
    deliveries: [
      opened,
      ran('failure', 10),
      job(10, {
        runner_name: 'GitHub Actions 1',
        steps: [{ conclusion: 'success' }, { conclusion: 'cancelled' }],
      }),
      ran('success', 30),
    ],
    flakes: 0,
  },
  'a step of the job failed': {
    deliveries: [
      opened,
      ran('failure', 10),
      job(10, {
        runner_name: 'GitHub Actions 1',
        steps: [{ conclusion: 'failure' }, { conclusion: 'skipped' }],
      }),
      ran('success', 30),
    ],
    flakes: 1,
  },
  'GitHub’s own time limit': {
    deliveries: [opened, ran('timed_out', 10), ran('success', 30)],
    flakes: 1,
  },
  'legs of a matrix share a name, and one is red': {
    deliveries: [opened, ...sides(['success', 'success', 'failure'], 10)],
    flakes: 0,
    prs: 1,
  },
  'of legs that share a name, the red one alone runs again': {
    deliveries: [opened, ...sides(['success', 'success', 'failure'], 10), attempt(2, 20), ran('success', 30)],
    flakes: 1,
  },
  'legs that share a name run again with as many failures': {
    deliveries: [
      opened,
      ...sides(['success', 'failure'], 10),
      attempt(2, 20),
      ...sides(['failure', 'success'], 30),
    ],
    flakes: 0,
  },
  'two workflows have jobs of one name, and nothing names the workflows': {
    deliveries: [opened, ran('failure', 10), ran('success', 11, { suite: 501 })],
    flakes: 0,
  },
  'a workflow runs twice, one after the other': {
    deliveries: [opened, ran('failure', 10), ran('success', 30, { suite: 501 })],
    flakes: 1,
    grade: 'weak',
  },
  'an approval is given': {
    deliveries: [opened, ran('action_required', 10), ran('success', 30)],
    flakes: 0,
  },
  'contributors sign the CLA': {
    deliveries: [
      opened,
      ...builds('EasyCLA', ['failure', 'Missing CLA Authorization.'], ['success', 'CLA signed']),
      ran('success', 30),
    ],
    flakes: 0,
    prs: 1,
  },
  'only the CLA is checked': {
    deliveries: [
      opened,
      ...builds('EasyCLA', ['failure', 'Missing CLA Authorization.'], ['success', 'CLA signed']),
    ],
    flakes: 0,
    prs: 0,
  },
  'coverage falls below its threshold and rises': {
    deliveries: [
      opened,
      ...builds('codecov/patch', ['failure', '71% of diff hit'], ['success', '80% of diff hit']),
    ],
    flakes: 0,
  },
  'the title is edited': {
    deliveries: [
      opened,
      ran('failure', 10, { name: 'title', minutes: 0.1 }),
      pullRequestDelivery({ action: 'edited', minute: 29 }),
      ran('success', 30, { name: 'title', minutes: 0.1, suite: 501 }),
    ],
    flakes: 0,
  },
  'a reviewer approves': {
    deliveries: [
      opened,
      ran('failure', 10, { name: 'owners', minutes: 0.1 }),
      commentDelivery({ kind: 'pull_request_review', body: 'LGTM', minute: 29 }),
      ran('success', 30, { name: 'owners', minutes: 0.1, suite: 501 }),
    ],
    flakes: 0,
  },
  'a label is added by chance while a test runs again': {
    deliveries: [
      opened,
      ran('failure', 10),
      pullRequestDelivery({ action: 'labeled', minute: 24 }),
      ran('success', 30, { suite: 501 }),
    ],
    flakes: 1,
  },
  'a label is added by chance between two attempts of a short test': {
    deliveries: [
      opened,
      ran('failure', 10, { minutes: 0.1 }),
      pullRequestDelivery({ action: 'labeled', minute: 29 }),
      ran('success', 30, { minutes: 0.1 }),
    ],
    flakes: 1,
  },
  'a robot comments before a short test passes': {
    deliveries: [
      opened,
      ran('failure', 10, { minutes: 0.1 }),
      commentDelivery({ body: 'Coverage: 80 %', minute: 29, author: 'codecov[bot]', authorType: 'Bot' }),
      ran('success', 30, { minutes: 0.1, suite: 501 }),
    ],
    flakes: 1,
  },
  'the commit is proposed for another base branch after the first pull request was closed': {
    deliveries: [
      opened,
      ran('failure', 10, { app: JENKINS }),
      pullRequestDelivery({ action: 'closed', minute: 20 }),
      pullRequestDelivery({ number: 8, minute: 30, openedMinute: 30, baseRef: 'release' }),
      ran('success', 40, { app: JENKINS }),
    ],
    flakes: 0,
    prs: 2,
  },
  'the commit is proposed again for the same base branch': {
    deliveries: [
      opened,
      ran('failure', 10, { app: JENKINS }),
      pullRequestDelivery({ action: 'closed', minute: 20 }),
      pullRequestDelivery({ number: 8, minute: 30, openedMinute: 30 }),
      ran('success', 40, { app: JENKINS }),
    ],
    flakes: 1,
    prs: 2,
    pull_request: 8,
  },
  'a pull request is retargeted between the two runs': {
    deliveries: [
      opened,
      ran('failure', 10),
      pullRequestDelivery({ action: 'edited', minute: 20, baseRef: 'release' }),
      ran('success', 30),
    ],
    flakes: 0,
    prs: 1,
  },
  'a later pull request has the commit of a flake': {
    deliveries: [
      opened,
      ran('failure', 10),
      ran('success', 30),
      pullRequestDelivery({
        number: 8,
        minute: DAY,
        openedMinute: DAY,
        baseRef: 'release',
        baseSha: OTHER_BASE,
      }),
    ],
    flakes: 1,
    prs: 1,
    pull_request: 7,
  },
  'a nightly workflow runs at the head of a pull request from main': {
    deliveries: [
      pullRequestDelivery({ headRef: 'main', baseRef: 'release', minute: 0 }),
      workflowRunDelivery({ event: 'schedule' }),
      ran('failure', 10, { headBranch: 'main' }),
      workflowRunDelivery({ event: 'schedule', suite: 501 }),
      ran('success', DAY, { headBranch: 'main', suite: 501 }),
    ],
    flakes: 0,
    prs: 0,
  },
  'a robot pushes a fork’s commit to a branch that has access to secrets': {
    deliveries: [
      pullRequestDelivery({ fork: true, minute: 0 }),
      workflowRunDelivery({ event: 'push' }),
      ran('failure', 10, { headBranch: 'pull-request/7' }),
      workflowRunDelivery({ event: 'push', attempt: 2, minute: 20 }),
      ran('success', 30, { headBranch: 'pull-request/7' }),
    ],
    flakes: 1,
    prs: 1,
  },
  'somebody pushes a fork’s commit to another branch': {
    deliveries: [
      pullRequestDelivery({ fork: true, minute: 0 }),
      workflowRunDelivery({ event: 'push' }),
      ran('failure', 10, { headBranch: 'experiment' }),
      ran('success', 30, { headBranch: 'experiment' }),
    ],
    flakes: 0,
    prs: 0,
  },
  'Mergify tests a batch in a draft pull request': {
    deliveries: [
      opened,
      ran('success', 10),
      pullRequestDelivery({
        number: 8,
        headSha: 'e'.repeat(40),
        headRef: 'mergify/merge-queue/213aadd020',
        minute: 20,
      }),
      ran('failure', 30, { headSha: 'e'.repeat(40), suite: 501 }),
      ran('success', 50, { headSha: 'e'.repeat(40), suite: 501 }),
    ],
    flakes: 0,
    prs: 1,
  },
  'a context is renamed a day later': {
    deliveries: [
      opened,
      statusDelivery({ context: 'pull-old', minute: 10, id: 1 }),
      statusDelivery({ context: 'pull-new', minute: DAY, id: 2 }),
    ].map((delivery) => withUrl(delivery, 'https://prow.example.org/1')),
    flakes: 0,
    prs: 1,
  },
  'a partial re-run reports the jobs that it carries over': {
    deliveries: [
      opened,
      ran('failure', 10),
      attempt(2, 20),
      checkRunDelivery({ id: 77, minute: 10, conclusion: 'failure' }),
      attempt(3, 40),
      ran('success', 50),
    ],
    flakes: 1,
    grade: 'strong',
  },
}

function withUrl({ payload, ...delivery }: TestDelivery, target_url: string): TestDelivery {
  return { ...delivery, payload: delivery.name === 'status' ? { ...payload, target_url } : payload }
}

const db = useDatabase()

test.each(Object.entries(SITUATIONS))('%s', async (_name, situation) => {
  const { deliveries, flakes: count, prs, grade, retested, pull_request } = situation
  await recordAll(db(), deliveries)
  await derive(db())
  const { flakes, windows } = await readOnlyReport(db())
  expect(flakes).toHaveLength(count)
  if (prs !== undefined) expect(windows.day.reduce((sum, day) => sum + day.prs, 0)).toBe(prs)
  const wanted = { grade, retested, pull_request }
  for (const [key, value] of Object.entries(wanted))
    if (value !== undefined) expect(flakes[0]).toHaveProperty(key, value)
})
