/** The state of the fake GitHub, as plain objects that tests seed and read. */

import type { CheckRun, CheckSuite, CommitStatus, WorkflowRun } from './state-ci.ts'

import type { Comment, Issue, Label } from './state-issues.ts'

export type * from './state-ci.ts'
export type * from './state-issues.ts'

export type AccountType = 'User' | 'Organization' | 'Bot'
export interface Account {
  id: number
  login: string
  type: AccountType
  name: string | null
}

export type Access = 'read' | 'write' | 'admin'
export interface Installation {
  id: number
  account: string
  /** Full names; `'all'` means every repository of the account. */
  repositories: 'all' | string[]
  permissions: Record<string, Access>
  events: string[]
  createdAt: string
  suspendedAt: string | null
  suspendedBy: string | null
}

export interface Token {
  token: string
  kind: 'installation' | 'user'
  installationId: number | null
  login: string | null
  permissions: Record<string, Access>
  /** Repository ids the token is limited to, `null` for no limit. */
  repositoryIds: number[] | null
  expiresAt: number
}

export interface RequiredCheck {
  context: string
  appId: number | null
}
export interface Branch {
  name: string
  sha: string
  /** Classic protection; `null` when the branch has none. */
  protection: null | { checks: RequiredCheck[]; enforcement: 'off' | 'non_admins' | 'everyone' }
}
export interface Ruleset {
  id: number
  name: string
  source: 'Repository' | 'Organization'
  enforcement: 'active' | 'evaluate' | 'disabled'
  /** Branch names, or `~DEFAULT_BRANCH`, `~ALL`, or `release/*`. */
  branches: string[]
  checks: { context: string; integrationId: number | null }[]
}

export interface Commit {
  sha: string
  message: string
  author: string
  date: string
  parents: string[]
  files: ChangedFile[]
}
export interface ChangedFile {
  filename: string
  status: 'added' | 'removed' | 'modified' | 'renamed'
  additions: number
  deletions: number
  previousFilename?: string
}

export interface Repository {
  id: number
  name: string
  owner: string
  private: boolean
  fork: boolean
  parent: string | null
  archived: boolean
  description: string | null
  defaultBranch: string
  createdAt: string
  /** How many days results are kept; only administrators may read it. `expireResults` deletes the others. */
  retentionDays: number
  branches: Map<string, Branch>
  rulesets: Ruleset[]
  commits: Map<string, Commit>
  issues: Map<number, Issue>
  comments: Map<number, Comment>
  labels: Map<string, Label>
  /** Path to text, on the default branch. */
  contents: Map<string, string>
  /** Login (lower case) to role. */
  permissions: Map<string, Role>
  checkSuites: Map<number, CheckSuite>
  checkRuns: Map<number, CheckRun>
  /** SHA to statuses, oldest first. */
  statuses: Map<string, CommitStatus[]>
  workflowRuns: Map<number, WorkflowRun>
}
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export interface Delivery {
  id: number
  guid: string
  deliveredAt: string
  redelivery: boolean
  /** Seconds, as GitHub counts them. */
  duration: number
  status: string
  statusCode: number
  event: string
  action: string | null
  installationId: number | null
  repositoryId: number | null
  request: { headers: Record<string, string>; payload: Record<string, unknown> }
  response: { headers: Record<string, string>; payload: string }
}

export interface App {
  id: number
  slug: string
  name: string
  owner: string
  clientId: string
  clientSecret: string
  webhookUrl: string | null
  webhookSecret: string
  permissions: Record<string, Access>
  events: string[]
  createdAt: string
}

export interface Budget {
  limit: number
  used: number
  resetAt: number
}

export interface State {
  app: App
  /** Other apps that report results, by id. */
  apps: Map<number, App>
  /** Keyed by login in lower case. */
  accounts: Map<string, Account>
  installations: Map<number, Installation>
  /** Keyed by full name in lower case. */
  repositories: Map<string, Repository>
  /** Former full name in lower case to repository id, after a rename or transfer. */
  formerNames: Map<string, number>
  tokens: Map<string, Token>
  /** Codes of the web sign-in that have not been exchanged yet, with their login. */
  codes: Map<string, string>
  /** Oldest first. */
  deliveries: Delivery[]
  /** The rate limits of REST and GraphQL; `resetAt` is epoch ms. */
  rateLimit: { core: Budget; graphql: Budget }
  /** How many nodes one GraphQL query is answered with; the lists beyond are null. Null for no limit. */
  resourceLimit: number | null
  nextId: number
}

/** Every permission and event that the app could request. A test can narrow an installation's copy. */
const DEFAULT_PERMISSIONS: Record<string, Access> = {
  actions: 'write',
  checks: 'write',
  contents: 'read',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'read',
}
const DEFAULT_EVENTS = [
  'check_run',
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request',
  'push',
  'status',
  'workflow_job',
  'workflow_run',
]

/** An empty state with one app. `createdAt` is an ISO instant. */
export function emptyState(app: Partial<App>, createdAt: string): State {
  const own: App = {
    id: 1001,
    slug: 'flake-sla',
    name: 'flake-sla',
    owner: 'flake-sla-owner',
    clientId: 'Iv1.fake',
    clientSecret: 'client-secret',
    webhookUrl: null,
    webhookSecret: 'development',
    permissions: { ...DEFAULT_PERMISSIONS },
    events: [...DEFAULT_EVENTS],
    createdAt,
    ...app,
  }
  return {
    app: own,
    apps: new Map([[own.id, own]]),
    accounts: new Map(),
    installations: new Map(),
    repositories: new Map(),
    formerNames: new Map(),
    tokens: new Map(),
    codes: new Map(),
    deliveries: [],
    rateLimit: { core: { limit: 5000, used: 0, resetAt: 0 }, graphql: { limit: 5000, used: 0, resetAt: 0 } },
    resourceLimit: null,
    nextId: 5000,
  }
}
