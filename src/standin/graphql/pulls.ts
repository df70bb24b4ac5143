/** Repositories and pull requests as GraphQL objects. */
import { isPull } from '../routes/pulls.ts'
import type { PullIssue } from '../seed.ts'
import { changedFiles } from '../shapes/commits.ts'
import { issuePage } from '../shapes/issues.ts'
import { fullName, nodeId, type World } from '../shapes/world.ts'
import type { HeadMove, Repository } from '../state.ts'
import { actorObject } from './actors.ts'
import { commitObject } from './checks.ts'
import { connection, type PageArguments } from './connection.ts'

interface PullArguments extends PageArguments {
  states?: string[] | null
  baseRefName?: string | null
  headRefName?: string | null
  orderBy?: { field: string; direction: string } | null
}

/** A `Repository`. */
export function repositoryObject(world: World, repository: Repository): object {
  return {
    __typename: 'Repository',
    id: nodeId('R', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName(repository),
    owner: actorObject(world, repository.owner),
    isPrivate: repository.private,
    isFork: repository.fork,
    isArchived: repository.archived,
    createdAt: repository.createdAt,
    url: `${world.web}/${fullName(repository)}`,
    defaultBranchRef: { __typename: 'Ref', name: repository.defaultBranch },
    pullRequest: ({ number }: { number: number }) => {
      const issue = repository.issues.get(number)
      if (!issue || !isPull(issue))
        throw new Error(`Could not resolve to a PullRequest with the number of ${number}.`)
      return pullObject(world, repository, issue)
    },
    pullRequests: (args: PullArguments) => {
      const make = (issue: PullIssue) => pullObject(world, repository, issue)
      return connection('pullRequests', chosen(repository, args), make, args)
    },
    object: ({ oid, expression }: { oid?: string; expression?: string }) => {
      const sha = oid ?? repository.branches.get(expression ?? '')?.sha ?? expression ?? ''
      const commit = repository.commits.get(sha)
      return commit ? commitObject(world, repository, commit) : null
    },
  }
}

function stateOf(issue: PullIssue): string {
  return issue.pull.merged ? 'MERGED' : issue.state.toUpperCase()
}

function chosen(repository: Repository, args: PullArguments): PullIssue[] {
  const found = [...repository.issues.values()]
    .filter(isPull)
    .filter((issue) => !args.states?.length || args.states.includes(stateOf(issue)))
    .filter((issue) => !args.baseRefName || issue.pull.base.ref === args.baseRefName)
    .filter((issue) => !args.headRefName || issue.pull.head.ref === args.headRefName)
  const by = args.orderBy?.field === 'UPDATED_AT' ? 'updatedAt' : 'createdAt'
  found.sort((a, b) => a[by].localeCompare(b[by]) || a.number - b.number)
  return args.orderBy?.direction === 'DESC' ? found.reverse() : found
}

/** A `PullRequest`. */
export function pullObject(world: World, repository: Repository, issue: PullIssue): object {
  const { pull } = issue
  const head = pull.head.repository
    ? world.state.repositories.get(pull.head.repository.toLowerCase())
    : undefined
  const commitOf = (sha: string | null) => {
    const commit = repository.commits.get(sha ?? '')
    return commit ? commitObject(world, repository, commit) : null
  }
  return {
    __typename: 'PullRequest',
    id: nodeId('PR', repository.id, issue.number),
    databaseId: pull.id,
    fullDatabaseId: String(pull.id),
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    state: stateOf(issue),
    isDraft: pull.draft,
    merged: pull.merged,
    closed: issue.state === 'closed',
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    closedAt: issue.closedAt,
    mergedAt: pull.mergedAt,
    author: actorObject(world, issue.user),
    mergedBy: pull.mergedBy ? actorObject(world, pull.mergedBy) : null,
    mergeCommit: () => commitOf(pull.mergeCommitSha),
    baseRefName: pull.base.ref,
    baseRefOid: pull.base.sha,
    headRefName: pull.head.ref,
    headRefOid: pull.head.sha,
    headRepository: () => (head ? repositoryObject(world, head) : null),
    headRepositoryOwner: actorObject(world, pull.head.owner),
    isCrossRepository: pull.head.repository?.toLowerCase() !== fullName(repository).toLowerCase(),
    url: issuePage(world, repository, issue),
    repository: () => repositoryObject(world, repository),
    ...pullLists(repository, world, issue, commitOf),
  }
}

/** The parts of a `PullRequest` that are lists, and their sums. */
function pullLists(
  repository: Repository,
  world: World,
  issue: PullIssue,
  commitOf: (sha: string) => object | null,
): object {
  const { pull } = issue
  const files = changedFiles(repository, pull.commits)
  return {
    labels: (args: PageArguments) =>
      connection('labels', issue.labels, (name) => ({ __typename: 'Label', name }), args),
    changedFiles: files.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    commits: (args: PageArguments) => {
      const make = (sha: string) => ({
        __typename: 'PullRequestCommit',
        id: nodeId('PRC', repository.id, issue.number, sha),
        commit: () => commitOf(sha),
      })
      return connection('commits', pull.commits.slice(0, 250), make, args)
    },
    files: (args: PageArguments) =>
      connection(
        'files',
        files,
        ({ filename, additions, deletions, status }) => {
          const changeType = status === 'removed' ? 'DELETED' : status.toUpperCase()
          return { __typename: 'PullRequestChangedFile', path: filename, additions, deletions, changeType }
        },
        args,
      ),
    timelineItems: (args: TimelineArguments) => {
      const forced = pull.moves.filter((move) => move.forced && fits(args, move))
      const make = (move: HeadMove) => forcePushObject(world, repository, issue, move, commitOf)
      const { nodes, edges, totalCount, pageInfo } = connection('timelineItems', forced, make, args)
      return {
        nodes,
        edges,
        totalCount,
        filteredCount: totalCount,
        pageCount: nodes.length,
        pageInfo,
        updatedAt: issue.updatedAt,
      }
    },
  }
}

interface TimelineArguments extends PageArguments {
  itemTypes?: string[] | null
  since?: string | null
}

/** Only forced pushes are known as GraphQL timeline items; asking for any other kind is an error, not an empty list. */
function fits(args: TimelineArguments, move: HeadMove): boolean {
  if (args.itemTypes?.join() !== 'HEAD_REF_FORCE_PUSHED_EVENT') {
    throw new Error('The stand-in answers timelineItems only for itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT].')
  }
  return !args.since || Date.parse(move.at) >= Date.parse(args.since)
}

function forcePushObject(
  world: World,
  repository: Repository,
  issue: PullIssue,
  move: HeadMove,
  commitOf: (sha: string) => object | null,
): object {
  return {
    __typename: 'HeadRefForcePushedEvent',
    id: nodeId('HRFPE', repository.id, issue.number, move.after, move.at),
    actor: actorObject(world, move.actor),
    createdAt: move.at,
    beforeCommit: () => commitOf(move.before),
    afterCommit: () => commitOf(move.after),
    ref: () => ({ __typename: 'Ref', name: issue.pull.head.ref }),
    pullRequest: () => pullObject(world, repository, issue),
  }
}
