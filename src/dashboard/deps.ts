/** What the pages need from the rest of the program. It is passed in, so that pages keep no state and read no clock. */
import type { Registry } from 'prom-client'
import type { Db, Row } from '../db/schema.ts'
import type { CommandHelp } from '../domain/command-help.ts'
import type { Settings } from '../domain/settings.ts'
import type { GitHubUsers, OAuthCredentials } from './auth/github-users.ts'

/** Decides who may see a repository. To the reader, an unknown repository and a forbidden one look the same. */
export interface Visibility {
  /** @param request the request being answered; its cookies identify the reader */
  mayRead(request: Request, repository: Row<'repository'>): Promise<boolean>
}

/** Public repositories for everybody, private ones for nobody. */
export const PUBLIC_ONLY: Visibility = { mayRead: async (_request, repository) => !repository.private }

/** What the running program knows about itself and no table stores. */
export interface ProgramStatus {
  rateLimit?: { remaining: number; limit: number; resetAt: string }
  /** One sentence for each feature that is off because a setting is missing. */
  off?: string[]
}

/** Durations observed by this process, in seconds. */
export interface Timings {
  registry: Registry
  request(route: string, status: number, seconds: number): void
  handler(event: string, outcome: string, seconds: number): void
  query(seconds: number): void
}

/** Nothing for anybody. */
export const NOBODY: Visibility = { mayRead: async () => false }

export interface AuthOptions extends OAuthCredentials {
  /** The secret from which the keys for cookies, tokens and picture addresses are derived; at least 32 characters. */
  secret: string
  /** Replaces GitHub in tests. */
  github?: GitHubUsers
}

export interface DashboardDeps {
  db: Db
  /** Epoch ms. */
  now: () => number
  settingsOf(repositoryId: number): Promise<Settings>
  /** Defaults to what `auth` allows, or to public repositories if there is no `auth`. */
  visibility?: Visibility
  /** The server's public address, without a trailing slash; null if unknown. */
  publicUrl: string | null
  /** The base of links to repositories and pull requests, such as `https://github.com`. */
  githubUrl: string
  status?: () => Promise<ProgramStatus>
  timings?: Timings
  /** Called when a page fails. `route` is the route's pattern; a transient error may succeed when retried. */
  onError?: (error: Error, context: { route: string; isTransient: boolean }) => void
  /** The app's OAuth credentials. Without them nobody can sign in. */
  auth?: AuthOptions | null
  /** If false, only signed-in readers see anything besides the health checks. Defaults to true. */
  isPublic?: boolean
  /** The bearer token that also opens the metrics of private repositories. */
  metricsToken?: string | null
  /** Whether the app has credentials; if not, the root page links to the set-up. Defaults to true. */
  isSetUp?: boolean
  /** The commands on the help page. Taken as none. */
  commands?: readonly CommandHelp[]
}
