/** The GitHub requests of signing in, all made with the person's own token. */
import { OAuthApp } from '@octokit/oauth-app'
import { Octokit } from '@octokit/rest'

export interface GitHubUsers {
  /** The address on GitHub where a person authorises the app. */
  signInAddress(state: string, redirectUrl: string): string
  /** @throws if GitHub rejects the code */
  exchange(code: string, redirectUrl: string): Promise<{ token: string; expiresAt: string | null }>
  userOf(token: string): Promise<{ id: number; login: string }>
  /** Ids of the repositories that the person can read through an installation. */
  repositoriesOf(token: string, installationId: number): Promise<Set<number>>
  revoke(token: string): Promise<void>
}

export interface OAuthCredentials {
  clientId: string
  clientSecret: string
  /** Base address of GitHub's REST API. */
  apiUrl: string
}

const GITHUB_TIMEOUT_MS = 10_000

/** The app's OAuth flow on GitHub. */
export function gitHubUsers({ clientId, clientSecret, apiUrl }: OAuthCredentials): GitHubUsers {
  const timed: typeof fetch = (input, init) =>
    fetch(input, { ...init, signal: AbortSignal.timeout(GITHUB_TIMEOUT_MS) })
  const defaults = { baseUrl: apiUrl, request: { fetch: timed }, log: silent }
  const app = new OAuthApp({
    clientType: 'github-app',
    clientId,
    clientSecret,
    Octokit: Octokit.defaults(defaults),
  })
  const as = (token: string) => new Octokit({ ...defaults, auth: token })
  return {
    signInAddress: (state, redirectUrl) =>
      app.getWebFlowAuthorizationUrl({ state, redirectUrl, allowSignup: false }).url,
    async exchange(code, redirectUrl) {
      const { authentication } = await app.createToken({ code, redirectUrl })
      const expiresAt = 'expiresAt' in authentication ? authentication.expiresAt : null
      return { token: authentication.token, expiresAt }
    },
    async userOf(token) {
      const { data } = await as(token).rest.users.getAuthenticated()
      return { id: data.id, login: data.login }
    },
    async repositoriesOf(token, installationId) {
      const octokit = as(token)
      const repositories = await octokit.paginate(
        octokit.rest.apps.listInstallationReposForAuthenticatedUser,
        {
          installation_id: installationId,
          per_page: 100,
        },
      )
      return new Set(repositories.map((repository) => repository.id))
    },
    async revoke(token) {
      await app.deleteToken({ token })
    },
  }
}

// Requests may be refused; that is how read access is found out, so it is not logged.
const silent = { debug() {}, info() {}, warn() {}, error() {} }
