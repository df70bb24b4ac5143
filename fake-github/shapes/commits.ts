/** Commits, changed files and statuses as GitHub's API writes them. */
import { shaOf } from '../seed.ts'
import type { ChangedFile, Commit, CommitStatus, Repository } from '../state.ts'
import { fullName, type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { minimalRepositoryShape } from './repositories.ts'
import { userShape } from './users.ts'

function gitUser(commit: Commit) {
  return { name: commit.author, email: `${commit.author}@users.noreply.example.com`, date: commit.date }
}

/** A `commit`, without its files. */
export function commitShape(github: GitHubInstance, repository: Repository, commit: Commit) {
  const base = repositoryUrl(github, repository)
  const url = `${base}/commits/${commit.sha}`
  const tree = shaOf(`tree ${commit.sha}`)
  return {
    sha: commit.sha,
    node_id: nodeId('C', repository.id, commit.sha),
    url,
    html_url: `${github.web}/${fullName(repository)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${base}/git/commits/${commit.sha}`,
      message: commit.message,
      author: gitUser(commit),
      committer: gitUser(commit),
      comment_count: 0,
      tree: { sha: tree, url: `${base}/git/trees/${tree}` },
      verification: {
        verified: false,
        reason: 'unsigned',
        signature: null,
        payload: null,
        verified_at: null,
      },
    },
    author: userShape(github, commit.author),
    committer: userShape(github, commit.author),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${base}/commits/${sha}`,
      html_url: `${github.web}/${fullName(repository)}/commit/${sha}`,
    })),
  }
}

/** The short form inside workflow runs and check suites. */
export function simpleCommitShape(repository: Repository, sha: string) {
  const commit = repository.commits.get(sha)
  const author = commit?.author ?? repository.owner
  const person = { name: author, email: `${author.replace(/\W/g, '')}@users.noreply.example.com` }
  return {
    id: sha,
    tree_id: shaOf(`tree ${sha}`),
    message: commit?.message ?? 'Change',
    timestamp: commit?.date ?? repository.createdAt,
    author: person,
    committer: person,
  }
}

/** The files that some commits change, each once, with the sums of its lines. */
export function changedFiles(repository: Repository, commits: string[]): ChangedFile[] {
  const files = new Map<string, ChangedFile>()
  for (const file of commits.flatMap((sha) => repository.commits.get(sha)?.files ?? [])) {
    const existing = files.get(file.filename)
    const additions = (existing?.additions ?? 0) + file.additions
    const deletions = (existing?.deletions ?? 0) + file.deletions
    files.set(file.filename, { ...file, additions, deletions })
  }
  return [...files.values()]
}

/** A changed file (`diff-entry`). */
export function fileShape(github: GitHubInstance, repository: Repository, sha: string, file: ChangedFile) {
  const page = `${github.web}/${fullName(repository)}`
  return {
    sha: shaOf(`${sha}:${file.filename}`),
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${sha}/${file.filename}`,
    raw_url: `${page}/raw/${sha}/${file.filename}`,
    contents_url: `${repositoryUrl(github, repository)}/contents/${file.filename}?ref=${sha}`,
    ...(file.previousFilename && { previous_filename: file.previousFilename }),
  }
}

/** One entry of a commit's status history. */
export function statusShape(github: GitHubInstance, repository: Repository, status: CommitStatus) {
  return {
    id: status.id,
    node_id: nodeId('SC', repository.id, status.sha, status.id),
    url: `${repositoryUrl(github, repository)}/statuses/${status.sha}`,
    avatar_url: userShape(github, status.creator).avatar_url,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: userShape(github, status.creator),
  }
}

/** The newest status of each context, newest first. */
export function latestStatuses(repository: Repository, sha: string): CommitStatus[] {
  const latest = new Map<string, CommitStatus>()
  for (const status of repository.statuses.get(sha) ?? []) latest.set(status.context, status)
  return [...latest.values()].sort((a, b) => b.id - a.id)
}

/** The worst of the latest statuses, as `combined-commit-status` sums them up. */
export function combinedState(statuses: CommitStatus[]): 'failure' | 'pending' | 'success' {
  if (statuses.some((status) => status.state === 'failure' || status.state === 'error')) return 'failure'
  return statuses.length === 0 || statuses.some((status) => status.state === 'pending')
    ? 'pending'
    : 'success'
}

/** The `combined-commit-status` of a commit. */
export function combinedStatusShape(
  github: GitHubInstance,
  repository: Repository,
  sha: string,
  statuses: unknown[],
) {
  const base = repositoryUrl(github, repository)
  const latest = latestStatuses(repository, sha)
  return {
    state: combinedState(latest),
    statuses,
    sha,
    total_count: latest.length,
    repository: minimalRepositoryShape(github, repository),
    commit_url: `${base}/commits/${sha}`,
    url: `${base}/commits/${sha}/status`,
  }
}
