/** What the pages need from the rest of the program: handed in, so that they hold no state and read no clock. */
import type { Registry } from 'prom-client'
import type { Db, Row } from '../db/schema.ts'
import type { CommandHelp } from '../domain/command-help.ts'
import type { Settings } from '../domain/settings.ts'
import type { GitHubUsers, OAuthCredentials } from './auth/github-users.ts'

/** Decides who sees a repository. An unknown repository and a forbidden one look the same to who asks. */
export interface Visibility {
  /** @param request the one being answered: its cookies say who asks */
  mayRead(request: Request, repository: Row<'repository'>): Promise<boolean>
}

/** Public repositories for everybody, private ones for nobody. */
export const PUBLIC_ONLY: Visibility = { mayRead: async (_request, repository) => !repository.private }

/** What the rest of the program knows about itself and no table holds. */
export interface ProgramStatus {
  rateLimit?: { remaining: number; limit: number; resetAt: string }
  /** Sentences about what is off, because a setting is missing. */
  off?: string[]
}

/** Times that are observed as they pass; one for a process. */
export interface Timings {
  registry: Registry
  request(route: string, status: number, seconds: number): void
  handler(event: string, outcome: string, seconds: number): void
  query(seconds: number): void
}

/** Nothing for anybody. */
export const NOBODY: Visibility = { mayRead: async () => false }

export interface AuthOptions extends OAuthCredentials {
  /** What cookies, tokens and picture addresses are keyed by; at least 32 characters. */
  secret: string
  /** In place of GitHub itself, for tests. */
  github?: GitHubUsers
}

export interface DashboardDeps {
  db: Db
  /** Epoch ms. */
  now: () => number
  settingsOf(repositoryId: number): Promise<Settings>
  /** Public repositories only, if not given; those that `auth` opens, where that is given. */
  visibility?: Visibility
  /** Where people reach the program, without a slash at the end; null while that is unknown. */
  publicUrl: string | null
  /** Where repositories and pull requests are linked to, such as `https://github.com`. */
  githubUrl: string
  status?: () => Promise<ProgramStatus>
  timings?: Timings
  /** Told why a page could not be made: of which route's pattern, and whether the same may go well a little later. */
  onError?: (error: Error, about: { route: string; isPassing: boolean }) => void
  /** The app's OAuth credentials; without them nobody can sign in. */
  auth?: AuthOptions | null
  /** False closes everything but health to people who did not sign in. Taken as true. */
  isPublic?: boolean
  /** Whoever brings it as a bearer token reads the metrics of private repositories too. */
  metricsToken?: string | null
  /** Whether the app has credentials; without them the root page leads to the set-up. Taken as true. */
  isSetUp?: boolean
  /** The commands on the help page. Taken as none. */
  commands?: readonly CommandHelp[]
}
