/** Check runs: read one, list those of a suite, create and update the app's own. */
import { page } from '../paging.ts'
import {
  type Call,
  invalid,
  notFound,
  numberParam,
  Refusal,
  type Route,
  repositoryOf,
  textField,
} from '../route.ts'
import { newId } from '../seed.ts'
import { checkRunShape, checkSuiteShape, runsOfSuite } from '../shapes/checks.ts'
import { instant } from '../shapes/instance.ts'
import type { CheckRun, CheckStatus, CheckSuite, Conclusion, Repository } from '../state.ts'
import { chosenRuns } from './commits.ts'

function runOf(call: Call, repository: Repository): CheckRun {
  const run = repository.checkRuns.get(numberParam(call, 'check_run_id'))
  if (!run) throw notFound()
  return run
}

function suiteOf(call: Call, repository: Repository): CheckSuite {
  const suite = repository.checkSuites.get(numberParam(call, 'check_suite_id'))
  if (!suite) throw notFound()
  return suite
}

/** The app's check suite for a commit. GitHub creates it with the first check run. */
function ownSuite(call: Call, repository: Repository, sha: string): CheckSuite {
  const appId = call.github.state.app.id
  for (const suite of repository.checkSuites.values()) {
    if (suite.sha === sha && suite.appId === appId) return suite
  }
  const at = instant(call.github)
  const suite: CheckSuite = {
    id: newId(call.github.state),
    sha,
    branch: null,
    appId,
    status: 'queued',
    conclusion: null,
    before: null,
    createdAt: at,
    updatedAt: at,
  }
  repository.checkSuites.set(suite.id, suite)
  return suite
}

function create(call: Call) {
  const repository = repositoryOf(call)
  const name = textField(call, 'name')
  const sha = textField(call, 'head_sha')
  if (!name) throw invalid('CheckRun', 'name', 'missing_field')
  if (!sha) throw invalid('CheckRun', 'head_sha', 'missing_field')
  if (!repository.commits.has(sha)) throw new Refusal(422, `No commit found for SHA: ${sha}`)
  const run: CheckRun = {
    id: newId(call.github.state),
    suiteId: ownSuite(call, repository, sha).id,
    sha,
    name,
    appId: call.github.state.app.id,
    status: 'queued',
    conclusion: null,
    startedAt: null,
    completedAt: null,
    externalId: '',
    detailsUrl: null,
    title: null,
    summary: null,
    text: null,
  }
  change(call, run)
  repository.checkRuns.set(run.id, run)
  return { status: 201, body: checkRunShape(call.github, repository, run) }
}

/** Updates the fields in the body. A conclusion completes the run, as on GitHub. */
function change(call: Call, run: CheckRun): void {
  run.name = textField(call, 'name') ?? run.name
  run.detailsUrl = textField(call, 'details_url') ?? run.detailsUrl
  run.externalId = textField(call, 'external_id') ?? run.externalId
  run.status = (textField(call, 'status') as CheckStatus | undefined) ?? run.status
  run.startedAt = textField(call, 'started_at') ?? run.startedAt ?? instant(call.github)
  const conclusion = textField(call, 'conclusion') as Conclusion | undefined
  if (conclusion) {
    run.conclusion = conclusion
    run.status = 'completed'
    run.completedAt = textField(call, 'completed_at') ?? instant(call.github)
  }
  if (run.status === 'completed' && !run.conclusion) throw invalid('CheckRun', 'conclusion', 'missing_field')
  const output = call.body.output as { title?: string; summary?: string; text?: string } | undefined
  if (!output) return
  run.title = output.title ?? run.title
  run.summary = output.summary ?? run.summary
  run.text = output.text ?? run.text
}

function update(call: Call) {
  const repository = repositoryOf(call)
  const run = runOf(call, repository)
  if (run.appId !== call.github.state.app.id) {
    throw new Refusal(
      403,
      `Invalid app_id \`${call.github.state.app.id}\` - check run can only be modified by the GitHub App that created it.`,
    )
  }
  change(call, run)
  return { status: 200, body: checkRunShape(call.github, repository, run) }
}

/** Re-requests a check run. GitHub forwards that only to apps that allow it; the run is queued under the same id. */
function rerequest(call: Call) {
  const run = runOf(call, repositoryOf(call))
  if (!run.rerequestable) throw new Refusal(403, 'This check run is not rerequestable')
  Object.assign(run, { status: 'queued', conclusion: null, completedAt: null })
  return { status: 201, body: {} }
}

const REPOSITORY = '/repos/{owner}/{repo}'
const READ: Route['needs'] = [['checks', 'read']]
const WRITE: Route['needs'] = [['checks', 'write']]

export const checkRoutes: Route[] = [
  { method: 'POST', path: `${REPOSITORY}/check-runs`, needs: WRITE, who: 'installation', handle: create },
  {
    method: 'PATCH',
    path: `${REPOSITORY}/check-runs/{check_run_id}`,
    needs: WRITE,
    who: 'installation',
    handle: update,
  },
  {
    method: 'POST',
    path: `${REPOSITORY}/check-runs/{check_run_id}/rerequest`,
    needs: WRITE,
    who: 'installation',
    handle: rerequest,
  },
  {
    method: 'GET',
    path: `${REPOSITORY}/check-runs/{check_run_id}`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      return { status: 200, body: checkRunShape(call.github, repository, runOf(call, repository)) }
    },
  },
  {
    method: 'GET',
    path: `${REPOSITORY}/check-suites/{check_suite_id}`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      return { status: 200, body: checkSuiteShape(call.github, repository, suiteOf(call, repository)) }
    },
  },
  {
    method: 'GET',
    path: `${REPOSITORY}/check-suites/{check_suite_id}/check-runs`,
    needs: READ,
    handle: (call) => {
      const repository = repositoryOf(call)
      const runs = chosenRuns(call, runsOfSuite(repository, suiteOf(call, repository).id))
      return page(call, runs, (run) => checkRunShape(call.github, repository, run), {
        envelope: 'check_runs',
      })
    },
  },
]
