/** Commits, check suites, check runs and statuses as GraphQL objects. */
import { requiredChecks } from '../routes/branches.ts'
import { checkRunShape, latestRuns, runsOfSuite } from '../shapes/checks.ts'
import { combinedState, latestStatuses } from '../shapes/commits.ts'
import { fullName, type GitHubInstance, nodeId } from '../shapes/instance.ts'
import type { CheckRun, CheckSuite, Commit, CommitStatus, Repository } from '../state.ts'
import { actorObject } from './actors.ts'
import { connection, type PageArguments } from './connection.ts'

const upper = (value: string | null): string | null => value?.toUpperCase() ?? null

interface RequiredFor {
  pullRequestNumber?: number | null
  pullRequestId?: string | null
}

/** Whether a check is required for the given pull request. GitHub rejects the field without a pull request. */
function isRequired(
  repository: Repository,
  name: string,
  appId: number | null,
  requiredFor: RequiredFor,
): boolean {
  const number =
    requiredFor.pullRequestNumber ??
    [...repository.issues.keys()].find(
      (number) => nodeId('PR', repository.id, number) === requiredFor.pullRequestId,
    )
  const pull = repository.issues.get(number ?? -1)?.pull
  if (!pull) throw new Error('A pull request ID or pull request number is required.')
  return requiredChecks(repository, pull.base.ref).some(
    (check) => check.context === name && (check.appId === null || check.appId === appId),
  )
}

/** A `Commit`. */
export function commitObject(github: GitHubInstance, repository: Repository, commit: Commit): object {
  const suites = () =>
    [...repository.checkSuites.values()]
      .filter((suite) => suite.sha === commit.sha)
      .sort((a, b) => a.id - b.id)
  return {
    __typename: 'Commit',
    id: nodeId('C', repository.id, commit.sha),
    oid: commit.sha,
    abbreviatedOid: commit.sha.slice(0, 7),
    message: commit.message,
    messageHeadline: commit.message.split('\n')[0],
    committedDate: commit.date,
    authoredDate: commit.date,
    pushedDate: null,
    url: `${github.web}/${fullName(repository)}/commit/${commit.sha}`,
    checkSuites: (args: PageArguments & { filterBy?: { appId?: number; checkName?: string } }) => {
      const { appId, checkName } = args.filterBy ?? {}
      const found = suites()
        .filter((suite) => !appId || suite.appId === appId)
        .filter(
          (suite) => !checkName || runsOfSuite(repository, suite.id).some((run) => run.name === checkName),
        )
      return connection('checkSuites', found, (suite) => suiteObject(github, repository, suite), args)
    },
    status: () => statusObject(github, repository, commit.sha),
    statusCheckRollup: () => rollupObject(github, repository, commit.sha),
  }
}

function statusObject(github: GitHubInstance, repository: Repository, sha: string): object | null {
  const latest = latestStatuses(repository, sha)
  if (latest.length === 0) return null
  return {
    __typename: 'Status',
    id: nodeId('S', repository.id, sha),
    state: combinedState(latest).toUpperCase(),
    contexts: () => latest.map((status) => contextObject(github, repository, status)),
  }
}

function rollupObject(github: GitHubInstance, repository: Repository, sha: string): object | null {
  const runs = latestRuns([...repository.checkRuns.values()].filter((run) => run.sha === sha))
  const statuses = latestStatuses(repository, sha)
  if (runs.length + statuses.length === 0) return null
  const bad = ['failure', 'cancelled', 'timed_out', 'action_required', 'startup_failure']
  const failed =
    runs.some((run) => bad.includes(run.conclusion ?? '')) || combinedState(statuses) === 'failure'
  const waiting =
    runs.some((run) => run.conclusion === null) || statuses.some((status) => status.state === 'pending')
  const all = [
    ...runs.map((run) => () => checkObject(github, repository, run)),
    ...statuses.map((status) => () => contextObject(github, repository, status)),
  ]
  return {
    __typename: 'StatusCheckRollup',
    id: nodeId('SCR', repository.id, sha),
    state: failed ? 'FAILURE' : waiting ? 'PENDING' : 'SUCCESS',
    contexts: (args: PageArguments) => connection('contexts', all, (make) => make(), args),
  }
}

/** A `CheckSuite`; `checkRuns` contains the latest of each name unless `checkType` is `ALL`. */
export function suiteObject(github: GitHubInstance, repository: Repository, suite: CheckSuite): object {
  const app = github.state.apps.get(suite.appId)
  const run = [...repository.workflowRuns.values()].find((workflowRun) => workflowRun.suiteId === suite.id)
  return {
    __typename: 'CheckSuite',
    id: nodeId('CS', repository.id, suite.id),
    databaseId: suite.id,
    status: upper(suite.status),
    conclusion: upper(suite.conclusion),
    createdAt: suite.createdAt,
    updatedAt: suite.updatedAt,
    app: app
      ? { __typename: 'App', id: nodeId('A', app.id), databaseId: app.id, slug: app.slug, name: app.name }
      : null,
    branch: suite.branch ? { __typename: 'Ref', name: suite.branch } : null,
    commit: () => commitOf(github, repository, suite.sha),
    workflowRun: run && {
      __typename: 'WorkflowRun',
      id: nodeId('WFR', repository.id, run.id),
      databaseId: run.id,
      runNumber: run.runNumber,
      event: run.event,
      createdAt: run.createdAt,
      updatedAt: suite.updatedAt,
      url: `${github.web}/${fullName(repository)}/actions/runs/${run.id}`,
      workflow: {
        __typename: 'Workflow',
        id: nodeId('W', run.workflowId),
        databaseId: run.workflowId,
        name: run.name,
      },
    },
    checkRuns: (args: PageArguments & { filterBy?: RunFilter }) => {
      const { checkType, checkName, status, appId } = args.filterBy ?? {}
      const all = runsOfSuite(repository, suite.id)
      const found = (checkType === 'ALL' ? all : latestRuns(all))
        .filter((run) => !checkName || run.name === checkName)
        .filter((run) => !status || upper(run.status) === status)
        .filter((run) => !appId || run.appId === appId)
      return connection('checkRuns', found, (run) => checkObject(github, repository, run), args)
    },
  }
}
interface RunFilter {
  checkType?: string
  checkName?: string
  status?: string
  appId?: number
}

function commitOf(github: GitHubInstance, repository: Repository, sha: string): object | null {
  const commit = repository.commits.get(sha)
  return commit ? commitObject(github, repository, commit) : null
}

/** A `CheckRun`. */
export function checkObject(github: GitHubInstance, repository: Repository, run: CheckRun): object {
  const rest = checkRunShape(github, repository, run)
  const suite = repository.checkSuites.get(run.suiteId)
  return {
    __typename: 'CheckRun',
    id: rest.node_id,
    databaseId: run.id,
    name: run.name,
    status: upper(run.status),
    conclusion: upper(run.conclusion),
    startedAt: run.startedAt,
    completedAt: run.completedAt,
    detailsUrl: rest.details_url,
    permalink: rest.html_url,
    url: rest.html_url,
    externalId: run.externalId || null,
    title: run.title,
    summary: run.summary,
    text: run.text,
    checkSuite: () => (suite ? suiteObject(github, repository, suite) : null),
    isRequired: (args: RequiredFor) => isRequired(repository, run.name, run.appId, args),
  }
}

/** A `StatusContext`. */
export function contextObject(github: GitHubInstance, repository: Repository, status: CommitStatus): object {
  return {
    __typename: 'StatusContext',
    id: nodeId('SC', repository.id, status.sha, status.id),
    context: status.context,
    state: status.state.toUpperCase(),
    description: status.description,
    targetUrl: status.targetUrl,
    createdAt: status.createdAt,
    creator: actorObject(github, status.creator),
    commit: () => commitOf(github, repository, status.sha),
    isRequired: (args: RequiredFor) => isRequired(repository, status.context, null, args),
  }
}
