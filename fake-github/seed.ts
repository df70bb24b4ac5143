/** Adds accounts, repositories, issues and installations to the fake GitHub, with defaults for everything a test leaves out. */
import { createHash } from 'node:crypto'
import type {
  Account,
  AccountType,
  Branch,
  Commit,
  Installation,
  Issue,
  Label,
  PullRequest,
  Repository,
  Role,
  State,
} from './state.ts'

/** The next free id; ids grow, as they do on GitHub. */
export function newId(state: State): number {
  state.nextId += 1
  return state.nextId
}

/** A 40-digit hexadecimal SHA made from any text, the same for the same text. */
export function shaOf(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

/** Finds an account by login, or creates it. */
export function addAccount(state: State, login: string, type: AccountType = 'User'): Account {
  const existing = state.accounts.get(login.toLowerCase())
  if (existing) return existing
  const account: Account = { id: newId(state), login, type, name: null }
  state.accounts.set(login.toLowerCase(), account)
  return account
}

export interface RepositorySeed {
  owner: string
  name: string
  ownerType?: AccountType
  private?: boolean
  defaultBranch?: string
  /** Full name of the repository this one is a fork of. */
  forkOf?: string
  createdAt?: string
  permissions?: Record<string, Role>
  contents?: Record<string, string>
}

/** Creates a repository with its default branch and a first commit. @throws when the name is taken */
export function addRepository(state: State, seed: RepositorySeed): Repository {
  const key = `${seed.owner}/${seed.name}`.toLowerCase()
  if (state.repositories.has(key)) throw new Error(`the fake GitHub already has a repository ${key}`)
  addAccount(state, seed.owner, seed.ownerType ?? 'Organization')
  const repository: Repository = {
    id: newId(state),
    name: seed.name,
    owner: seed.owner,
    private: seed.private ?? false,
    fork: seed.forkOf !== undefined,
    parent: seed.forkOf ?? null,
    archived: false,
    description: null,
    defaultBranch: seed.defaultBranch ?? 'main',
    createdAt: seed.createdAt ?? '2024-01-01T00:00:00Z',
    retentionDays: 90,
    branches: new Map(),
    rulesets: [],
    commits: new Map(),
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    contents: new Map(Object.entries(seed.contents ?? {})),
    permissions: new Map(),
    checkSuites: new Map(),
    checkRuns: new Map(),
    statuses: new Map(),
    workflowRuns: new Map(),
  }
  for (const [login, role] of Object.entries(seed.permissions ?? {})) setRole(state, repository, login, role)
  state.repositories.set(key, repository)
  addBranch(repository, repository.defaultBranch)
  return repository
}

/** Gives a user a role in a repository; creates the user if necessary. */
export function setRole(state: State, repository: Repository, login: string, role: Role): void {
  addAccount(state, login)
  repository.permissions.set(login.toLowerCase(), role)
}

/** Finds a branch, or creates it with a first commit. */
export function addBranch(repository: Repository, name: string, sha?: string): Branch {
  const existing = repository.branches.get(name)
  if (existing) return existing
  const branch: Branch = {
    name,
    sha: sha ?? shaOf(`${repository.owner}/${repository.name}@${name}`),
    protection: null,
  }
  repository.branches.set(name, branch)
  addCommit(repository, branch.sha, { message: `Start ${name}`, date: repository.createdAt })
  return branch
}

/** Adds a commit. A second call with the same SHA changes nothing. */
export function addCommit(
  repository: Repository,
  sha: string,
  commit: Partial<Omit<Commit, 'sha'>> = {},
): void {
  if (repository.commits.has(sha)) return
  repository.commits.set(sha, {
    sha,
    message: commit.message ?? 'Change',
    author: commit.author ?? repository.owner,
    date: commit.date ?? repository.createdAt,
    parents: commit.parents ?? [],
    files: commit.files ?? [],
  })
}

/** Installs the app on an account. */
export function addInstallation(
  state: State,
  account: string,
  more: Partial<Omit<Installation, 'account'>> = {},
): Installation {
  addAccount(state, account, 'Organization')
  const installation: Installation = {
    id: more.id ?? newId(state),
    account,
    repositories: more.repositories ?? 'all',
    permissions: more.permissions ?? { ...state.app.permissions },
    events: more.events ?? [...state.app.events],
    createdAt: more.createdAt ?? '2024-01-01T00:00:00Z',
    suspendedAt: more.suspendedAt ?? null,
    suspendedBy: more.suspendedBy ?? null,
  }
  state.installations.set(installation.id, installation)
  return installation
}

/** The number the next issue or pull request gets. */
function nextNumber(repository: Repository): number {
  let highest = 0
  for (const number of repository.issues.keys()) if (number > highest) highest = number
  return highest + 1
}

export interface IssueSeed {
  title: string
  user: string
  at: string
  number?: number
  body?: string | null
  labels?: string[]
  assignees?: string[]
  byApp?: boolean
}

/** Opens an issue at an ISO instant; unknown labels are created, as GitHub does for users with write access. */
export function addIssue(state: State, repository: Repository, seed: IssueSeed): Issue {
  if (!seed.byApp) addAccount(state, seed.user)
  for (const label of seed.labels ?? []) addLabel(state, repository, label)
  const number = seed.number ?? nextNumber(repository)
  const issue: Issue = {
    id: newId(state),
    number,
    title: seed.title,
    body: seed.body ?? null,
    state: 'open',
    stateReason: null,
    user: seed.user,
    byApp: seed.byApp ?? false,
    labels: seed.labels ?? [],
    assignees: seed.assignees ?? [],
    locked: false,
    createdAt: seed.at,
    updatedAt: seed.at,
    closedAt: null,
    closedBy: null,
    reactions: [],
    timeline: [],
    pull: null,
  }
  repository.issues.set(number, issue)
  return issue
}

export interface PullSeed extends IssueSeed {
  /** SHA of the head commit. */
  sha: string
  branch?: string
  base?: string
  draft?: boolean
  /** Full name of the fork the head lives in. */
  fork?: string
}
export type PullIssue = Issue & { pull: PullRequest }

/** Opens a pull request with one commit. */
export function addPull(state: State, repository: Repository, seed: PullSeed): PullIssue {
  const issue = addIssue(state, repository, seed)
  const base = addBranch(repository, seed.base ?? repository.defaultBranch)
  const from = seed.fork ?? `${repository.owner}/${repository.name}`
  const pull: PullRequest = {
    id: newId(state),
    draft: seed.draft ?? false,
    merged: false,
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
    base: { ref: base.name, sha: base.sha },
    head: {
      ref: seed.branch ?? `change-${issue.number}`,
      sha: seed.sha,
      repository: from,
      owner: from.split('/')[0] ?? repository.owner,
    },
    commits: [seed.sha],
    moves: [],
    reviews: [],
  }
  addCommit(repository, seed.sha, { author: seed.user, date: seed.at, parents: [base.sha] })
  issue.pull = pull
  return issue as PullIssue
}

/** Finds a label by name, ignoring case, or creates it. */
export function addLabel(
  state: State,
  repository: Repository,
  name: string,
  more: Partial<Label> = {},
): Label {
  const existing = repository.labels.get(name.toLowerCase())
  if (existing) return existing
  const label: Label = { id: newId(state), name, color: 'ededed', description: null, ...more }
  repository.labels.set(name.toLowerCase(), label)
  return label
}
