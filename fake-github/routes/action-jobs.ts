/** GitHub Actions: starting a workflow by hand, and the logs of jobs. */
import { type Call, notFound, numberParam, Refusal, type Route, repositoryOf, writerOf } from '../route.ts'
import { addWorkflowRun } from '../seed-ci.ts'
import { newestAttempt } from '../shapes/actions.ts'
import { fullName, instant, repositoryUrl } from '../shapes/instance.ts'
import type { Repository, WorkflowJob, WorkflowRun } from '../state.ts'

/** A run of the workflow in the path, which the new run copies its jobs from. @throws {Refusal} 404 for a workflow without runs */
function workflowOf(call: Call, repository: Repository): WorkflowRun {
  const file = call.params.workflow_id ?? ''
  const runs = [...repository.workflowRuns.values()]
  const latest = runs.find((run) => run.path.endsWith(`/${file}`) || String(run.workflowId) === file)
  if (!latest) throw notFound()
  return latest
}

function dispatch(call: Call) {
  const repository = repositoryOf(call)
  const latest = workflowOf(call, repository)
  const name = String(call.body.ref).replace(/^refs\/heads\//, '')
  const branch = repository.branches.get(name)
  if (!branch) throw new Refusal(422, `No ref found for: ${name}`)
  const at = instant(call.github)
  const run = addWorkflowRun(call.github.state, repository, {
    name: latest.name,
    path: latest.path,
    event: 'workflow_dispatch',
    sha: branch.sha,
    branch: name,
    actor: writerOf(call).user,
    at,
    attempts: [
      newestAttempt(latest).jobs.map((job) => ({
        name: job.name,
        conclusion: null,
        startedAt: at,
        completedAt: null,
      })),
    ],
  })
  run.workflowId = latest.workflowId
  if (call.body.return_run_details !== true) return { status: 204 }
  const url = `${repositoryUrl(call.github, repository)}/actions/runs/${run.id}`
  const html_url = `${call.github.web}/${fullName(repository)}/actions/runs/${run.id}`
  return { status: 200, body: { workflow_run_id: run.id, run_url: url, html_url } }
}

function jobOf(repositories: Iterable<Repository>, id: number): WorkflowJob | null {
  for (const repository of repositories)
    for (const run of repository.workflowRuns.values())
      for (const attempt of run.attempts) {
        const job = attempt.jobs.find((candidate) => candidate.id === id)
        if (job) return job
      }
  return null
}

function redirectToLog(call: Call) {
  const id = numberParam(call, 'job_id')
  if (jobOf([repositoryOf(call)], id)?.log === undefined) throw notFound()
  return { status: 302, headers: { location: `${call.github.web}/signed-logs/${id}` } }
}

/** Serves a log without authentication, as the signed URL of GitHub's storage does. */
function serveLog(call: Call) {
  const log = jobOf(call.github.state.repositories.values(), numberParam(call, 'job_id'))?.log
  if (log === undefined) throw notFound()
  return { status: 200, body: log, headers: { 'content-type': 'text/plain; charset=utf-8' } }
}

const ACTIONS = '/repos/{owner}/{repo}/actions'

export const actionJobRoutes: Route[] = [
  {
    method: 'POST',
    path: `${ACTIONS}/workflows/{workflow_id}/dispatches`,
    needs: [['actions', 'write']],
    handle: dispatch,
  },
  {
    method: 'GET',
    path: `${ACTIONS}/jobs/{job_id}/logs`,
    needs: [['actions', 'read']],
    handle: redirectToLog,
  },
  { method: 'GET', path: '/signed-logs/{job_id}', who: 'free', undescribed: true, handle: serveLog },
]
