/** Workflow runs and jobs of GitHub Actions as GitHub's API writes them. */
import type { Repository, WorkflowAttempt, WorkflowJob, WorkflowRun } from '../state.ts'
import { pullsOfSha } from './checks.ts'
import { simpleCommitShape } from './commits.ts'
import { fullName, type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { minimalRepositoryShape } from './repositories.ts'
import { userShape } from './users.ts'

function runLinks(github: GitHubInstance, repository: Repository, run: WorkflowRun, attempt: number) {
  const base = repositoryUrl(github, repository)
  const url = `${base}/actions/runs/${run.id}`
  return {
    url,
    html_url: `${github.web}/${fullName(repository)}/actions/runs/${run.id}`,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${base}/check-suites/${run.suiteId}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `${base}/actions/workflows/${run.workflowId}`,
    previous_attempt_url: attempt > 1 ? `${url}/attempts/${attempt - 1}` : null,
  }
}

/** A workflow run in one of its attempts. */
export function workflowRunShape(
  github: GitHubInstance,
  repository: Repository,
  run: WorkflowRun,
  attempt: WorkflowAttempt,
) {
  const head = github.state.repositories.get(run.headRepository.toLowerCase()) ?? repository
  return {
    id: run.id,
    node_id: nodeId('WFR', repository.id, run.id),
    name: run.name,
    path: run.path,
    head_branch: run.branch,
    head_sha: run.sha,
    run_number: run.runNumber,
    run_attempt: attempt.attempt,
    event: run.event,
    status: attempt.status,
    conclusion: attempt.conclusion,
    workflow_id: run.workflowId,
    check_suite_id: run.suiteId,
    check_suite_node_id: nodeId('CS', repository.id, run.suiteId),
    ...runLinks(github, repository, run, attempt.attempt),
    pull_requests: pullsOfSha(github, repository, run.sha),
    created_at: run.createdAt,
    run_started_at: attempt.startedAt,
    updated_at: attempt.updatedAt,
    actor: userShape(github, run.actor),
    triggering_actor: userShape(github, attempt.actor),
    display_title: repository.commits.get(run.sha)?.message ?? run.name,
    referenced_workflows: [],
    head_commit: simpleCommitShape(repository, run.sha),
    repository: minimalRepositoryShape(github, repository),
    head_repository: minimalRepositoryShape(github, head),
  }
}

/** A job of one attempt. */
export function jobShape(
  github: GitHubInstance,
  repository: Repository,
  run: WorkflowRun,
  attempt: WorkflowAttempt,
  job: WorkflowJob,
) {
  const base = repositoryUrl(github, repository)
  return {
    id: job.id,
    node_id: nodeId('CR', repository.id, job.id),
    run_id: run.id,
    run_url: `${base}/actions/runs/${run.id}`,
    run_attempt: attempt.attempt,
    head_sha: run.sha,
    head_branch: run.branch,
    workflow_name: run.name,
    url: `${base}/actions/jobs/${job.id}`,
    html_url: `${github.web}/${fullName(repository)}/actions/runs/${run.id}/job/${job.id}`,
    check_run_url: `${base}/check-runs/${job.id}`,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion,
    created_at: job.createdAt,
    started_at: job.startedAt,
    completed_at: job.completedAt,
    steps: job.steps.map((conclusion, i) => stepOf(job, conclusion, i + 1)),
    labels: ['ubuntu-latest'],
    runner_id: job.runnerName ? 1 : null,
    runner_name: job.runnerName,
    runner_group_id: job.runnerName ? 1 : null,
    runner_group_name: job.runnerName ? 'GitHub Actions' : null,
  }
}

function stepOf(job: WorkflowJob, conclusion: string, number: number) {
  const { status, startedAt: started_at, completedAt: completed_at } = job
  return { name: `Step ${number}`, number, status, conclusion, started_at, completed_at }
}

/** The newest attempt of a run. */
export function newestAttempt(run: WorkflowRun): WorkflowAttempt {
  const attempt = run.attempts.at(-1)
  if (!attempt) throw new Error(`workflow run ${run.id} has no attempt`)
  return attempt
}
