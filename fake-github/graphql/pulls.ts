/** Repositories and pull requests as GraphQL objects. */
import { isPull } from '../routes/pulls.ts'
import type { PullIssue } from '../seed.ts'
import { changedFiles } from '../shapes/commits.ts'
import { fullName, type GitHubInstance, nodeId } from '../shapes/instance.ts'
import { association, issuePage } from '../shapes/issues.ts'
import type { HeadMove, Repository, Review, TimelineEvent } from '../state.ts'
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
export function repositoryObject(github: GitHubInstance, repository: Repository): object {
  return {
    __typename: 'Repository',
    id: nodeId('R', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName(repository),
    owner: actorObject(github, repository.owner),
    isPrivate: repository.private,
    isFork: repository.fork,
    isArchived: repository.archived,
    createdAt: repository.createdAt,
    url: `${github.web}/${fullName(repository)}`,
    defaultBranchRef: { __typename: 'Ref', name: repository.defaultBranch },
    pullRequest: ({ number }: { number: number }) => {
      const issue = repository.issues.get(number)
      if (!issue || !isPull(issue))
        throw new Error(`Could not resolve to a PullRequest with the number of ${number}.`)
      return pullObject(github, repository, issue)
    },
    pullRequests: (args: PullArguments) => {
      const make = (issue: PullIssue) => pullObject(github, repository, issue)
      return connection('pullRequests', chosen(repository, args), make, args)
    },
    object: ({ oid, expression }: { oid?: string; expression?: string }) => {
      const sha = oid ?? repository.branches.get(expression ?? '')?.sha ?? expression ?? ''
      const commit = repository.commits.get(sha)
      return commit
        ? { ...commitObject(github, repository, commit), ...pullsWith(github, repository, sha) }
        : null
    },
  }
}

/**
 * Pull requests that contain a commit, or whose merge commit it is. Commits replaced by a forced push are not contained. Forks
 * share commits with their parent, so their pull requests are listed too.
 */
function pullsWith(github: GitHubInstance, repository: Repository, sha: string): object {
  const root = (repository: Repository) => (repository.parent ?? fullName(repository)).toLowerCase()
  const network = [...github.state.repositories.values()].filter(
    (candidate) => root(candidate) === root(repository),
  )
  const found = network.flatMap((home) =>
    [...home.issues.values()]
      .filter(isPull)
      .filter(({ pull }) => pull.commits.includes(sha) || pull.mergeCommitSha === sha)
      .map((issue) => ({ home, issue })),
  )
  const make = ({ home, issue }: { home: Repository; issue: PullIssue }) => pullObject(github, home, issue)
  return {
    associatedPullRequests: (args: PageArguments) => connection('associatedPullRequests', found, make, args),
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
export function pullObject(github: GitHubInstance, repository: Repository, issue: PullIssue): object {
  const { pull } = issue
  const head = pull.head.repository
    ? github.state.repositories.get(pull.head.repository.toLowerCase())
    : undefined
  const commitOf = (sha: string | null) => {
    const commit = repository.commits.get(sha ?? '')
    return commit ? commitObject(github, repository, commit) : null
  }
  return {
    __typename: 'PullRequest',
    id: nodeId('PR', repository.id, issue.number),
    databaseId: pull.id,
    fullDatabaseId: String(pull.id),
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    authorAssociation: association(repository, issue.user),
    state: stateOf(issue),
    isDraft: pull.draft,
    merged: pull.merged,
    closed: issue.state === 'closed',
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    closedAt: issue.closedAt,
    mergedAt: pull.mergedAt,
    author: actorObject(github, issue.user),
    mergedBy: pull.mergedBy ? actorObject(github, pull.mergedBy) : null,
    mergeCommit: () => commitOf(pull.mergeCommitSha),
    baseRefName: pull.base.ref,
    baseRefOid: pull.base.sha,
    headRefName: pull.head.ref,
    headRefOid: pull.head.sha,
    baseRepository: () => repositoryObject(github, repository),
    headRepository: () => (head ? repositoryObject(github, head) : null),
    headRepositoryOwner: actorObject(github, pull.head.owner),
    isCrossRepository: pull.head.repository?.toLowerCase() !== fullName(repository).toLowerCase(),
    url: issuePage(github, repository, issue),
    repository: () => repositoryObject(github, repository),
    ...pullLists(repository, github, issue, commitOf),
  }
}

/** The connections of a `PullRequest`, and sums over them. */
function pullLists(
  repository: Repository,
  github: GitHubInstance,
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
      const listed = connection('commits', pull.commits.slice(0, 250), make, args)
      return { ...listed, totalCount: pull.commits.length }
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
      const items = timelineOf(github, repository, issue, commitOf)
        .filter(({ kind, at }) => fits(args, kind, at))
        .sort((a, b) => a.at.localeCompare(b.at))
      const { nodes, edges, totalCount, pageInfo } = connection(
        'timelineItems',
        items,
        ({ make }) => make(),
        args,
      )
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
    reviews: (args: PageArguments) =>
      connection('reviews', pull.reviews, (review) => reviewObject(github, repository, issue, review), args),
  }
}

function reviewObject(
  github: GitHubInstance,
  repository: Repository,
  issue: PullIssue,
  review: Review,
): object {
  return {
    __typename: 'PullRequestReview',
    id: nodeId('PRR', repository.id, issue.number, review.id),
    databaseId: review.id,
    fullDatabaseId: String(review.id),
    body: review.body,
    state: review.state,
    author: actorObject(github, review.user),
    authorAssociation: association(repository, review.user),
    createdAt: review.submittedAt,
    submittedAt: review.submittedAt,
  }
}

interface TimelineArguments extends PageArguments {
  itemTypes?: string[] | null
  since?: string | null
}

/** Events of a timeline with the names that GraphQL has for them. */
const SIMPLE_EVENTS: Partial<Record<TimelineEvent['event'], { kind: string; type: string }>> = {
  closed: { kind: 'CLOSED_EVENT', type: 'ClosedEvent' },
  reopened: { kind: 'REOPENED_EVENT', type: 'ReopenedEvent' },
  labeled: { kind: 'LABELED_EVENT', type: 'LabeledEvent' },
  unlabeled: { kind: 'UNLABELED_EVENT', type: 'UnlabeledEvent' },
  renamed: { kind: 'RENAMED_TITLE_EVENT', type: 'RenamedTitleEvent' },
}

const ITEM_TYPES: readonly string[] = [
  'HEAD_REF_FORCE_PUSHED_EVENT',
  'BASE_REF_CHANGED_EVENT',
  ...Object.values(SIMPLE_EVENTS).map(({ kind }) => kind),
]

/** Selects timeline items. @throws for an item type that the fake GitHub does not have */
function fits(args: TimelineArguments, kind: string, at: string): boolean {
  const requested = args.itemTypes ?? []
  if (requested.length === 0 || requested.some((type) => !ITEM_TYPES.includes(type))) {
    throw new Error(`The fake GitHub answers timelineItems only for itemTypes of ${ITEM_TYPES.join(', ')}.`)
  }
  return requested.includes(kind) && (!args.since || Date.parse(at) >= Date.parse(args.since))
}

function timelineOf(
  github: GitHubInstance,
  repository: Repository,
  issue: PullIssue,
  commitOf: (sha: string) => object | null,
): { kind: string; at: string; make: () => object }[] {
  const forced = issue.pull.moves.filter((move) => move.forced)
  const baseChanges = issue.timeline.filter((event) => event.base)
  const others = issue.timeline.flatMap((event) => {
    const names = SIMPLE_EVENTS[event.event]
    return names ? [{ event, ...names }] : []
  })
  return [
    ...others.map(({ event, kind, type }) => ({
      kind,
      at: event.at,
      make: () => ({
        __typename: type,
        id: nodeId(type, repository.id, issue.number, event.id),
        databaseId: event.id,
        actor: actorObject(github, event.actor),
        createdAt: event.at,
        pullRequest: () => pullObject(github, repository, issue),
      }),
    })),
    ...forced.map((move) => ({
      kind: 'HEAD_REF_FORCE_PUSHED_EVENT',
      at: move.at,
      make: () => forcePushObject(github, repository, issue, move, commitOf),
    })),
    ...baseChanges.map((event) => ({
      kind: 'BASE_REF_CHANGED_EVENT',
      at: event.at,
      make: () => baseChangeObject(github, repository, issue, event),
    })),
  ]
}

function baseChangeObject(
  github: GitHubInstance,
  repository: Repository,
  issue: PullIssue,
  event: TimelineEvent,
): object {
  return {
    __typename: 'BaseRefChangedEvent',
    id: nodeId('BRCE', repository.id, issue.number, event.id),
    databaseId: event.id,
    actor: actorObject(github, event.actor),
    createdAt: event.at,
    previousRefName: event.base?.from,
    currentRefName: event.base?.to,
    pullRequest: () => pullObject(github, repository, issue),
  }
}

function forcePushObject(
  github: GitHubInstance,
  repository: Repository,
  issue: PullIssue,
  move: HeadMove,
  commitOf: (sha: string) => object | null,
): object {
  return {
    __typename: 'HeadRefForcePushedEvent',
    id: nodeId('HRFPE', repository.id, issue.number, move.after, move.at),
    actor: actorObject(github, move.actor),
    createdAt: move.at,
    beforeCommit: () => commitOf(move.before),
    afterCommit: () => commitOf(move.after),
    ref: () => ({ __typename: 'Ref', name: issue.pull.head.ref }),
    pullRequest: () => pullObject(github, repository, issue),
  }
}
