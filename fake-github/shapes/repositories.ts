/** Repositories as GitHub's API writes them: one builder for the minimal, the common and the full form. */
import type { Repository, Role } from '../state.ts'
import { fullName, type GitHubInstance, nodeId, repositoryUrl } from './instance.ts'
import { userShape } from './users.ts'

const PLAIN_LINKS = [
  'contributors',
  'deployments',
  'downloads',
  'events',
  'forks',
  'hooks',
  'languages',
  'merges',
  'stargazers',
  'subscribers',
  'subscription',
  'tags',
  'teams',
]
const TEMPLATE_LINKS: Record<string, string> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  statuses_url: '/statuses/{sha}',
  trees_url: '/git/trees{/sha}',
}

function links(github: GitHubInstance, repository: Repository): Record<string, string> {
  const url = repositoryUrl(github, repository)
  const all: Record<string, string> = {}
  for (const name of PLAIN_LINKS) all[`${name}_url`] = `${url}/${name}`
  for (const [name, tail] of Object.entries(TEMPLATE_LINKS)) all[name] = `${url}${tail}`
  return all
}

/** The fields of a `minimal-repository`. */
export function minimalRepositoryShape(github: GitHubInstance, repository: Repository) {
  const full = fullName(repository)
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: full,
    private: repository.private,
    owner: userShape(github, repository.owner),
    html_url: `${github.web}/${full}`,
    description: repository.description,
    fork: repository.fork,
    url: repositoryUrl(github, repository),
    ...links(github, repository),
  }
}

function openIssues(repository: Repository): number {
  let open = 0
  for (const issue of repository.issues.values()) if (issue.state === 'open') open += 1
  return open
}

/** A `repository`, as pull requests and lists contain it. */
export function repositoryShape(github: GitHubInstance, repository: Repository) {
  const full = fullName(repository)
  const open = openIssues(repository)
  return {
    ...minimalRepositoryShape(github, repository),
    git_url: `git://${new URL(github.web).host}/${full}.git`,
    ssh_url: `git@${new URL(github.web).hostname}:${full}.git`,
    clone_url: `${github.web}/${full}.git`,
    svn_url: `${github.web}/${full}`,
    mirror_url: null,
    homepage: null,
    language: null,
    size: 1,
    forks_count: 0,
    stargazers_count: 0,
    watchers_count: 0,
    open_issues_count: open,
    forks: 0,
    watchers: 0,
    open_issues: open,
    default_branch: repository.defaultBranch,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repository.archived,
    disabled: false,
    visibility: repository.private ? 'private' : 'public',
    is_template: false,
    topics: [],
    license: null,
    pushed_at: repository.createdAt,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
  }
}

/** A `full-repository`, the answer of `GET /repos/{owner}/{repo}`. */
export function fullRepositoryShape(github: GitHubInstance, repository: Repository, role: Role) {
  const parent = repository.parent
    ? github.state.repositories.get(repository.parent.toLowerCase())
    : undefined
  return {
    ...repositoryShape(github, repository),
    permissions: roleFlags(role),
    subscribers_count: 0,
    network_count: 0,
    ...(parent && { parent: repositoryShape(github, parent), source: repositoryShape(github, parent) }),
  }
}

/** The five boolean permissions of a role. */
export function roleFlags(role: Role) {
  const rank = ['none', 'read', 'triage', 'write', 'maintain', 'admin'].indexOf(role)
  return { admin: rank >= 5, maintain: rank >= 4, push: rank >= 3, triage: rank >= 2, pull: rank >= 1 }
}
