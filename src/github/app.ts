/** Signs in to GitHub as the app, through Probot, and offers the rest of the program only what it needs. */
import { Probot, ProbotOctokit } from 'probot'
import type { GitHub, Octokit } from './client.ts'
import { refuseWrites } from './dry-run.ts'
import type { RateLimitWatch } from './rate-limit-watch.ts'
import { refreshToken } from './refresh-token.ts'
import { rejectTruncated } from './reject-truncated.ts'
import { fetchWithTimeout } from './timeout.ts'

/** Credentials, as the app's settings page on GitHub shows them. */
export interface AppCredentials {
  id: string
  privateKey: string
  webhookSecret: string
}

export interface ProbotSettings {
  /** Base address of GitHub's REST API. */
  baseUrl: string
  /** A pino logger. */
  log: object
  /** Whether Octokit limits its own rate; false against a fake GitHub. */
  throttle: boolean
  /** Receives the remaining rate limit. */
  rateLimit?: RateLimitWatch
  /** Limit for one answer, in ms. */
  timeoutMs?: number
  /** Aborts all requests, open and later ones. */
  stop?: AbortSignal
}

/** A rate limit is returned as an error. If Octokit waited for its end, up to an hour, all requests behind it would wait too. */
const NO_WAITING = { onRateLimit: () => false, onSecondaryRateLimit: () => false }

interface Auth {
  request: Octokit['request']
}

/** Probot with the app's credentials. */
export function createProbot(
  app: AppCredentials,
  { baseUrl, log, throttle, rateLimit, timeoutMs, stop }: ProbotSettings,
): Probot {
  const fetch = fetchWithTimeout(timeoutMs, stop)
  const Base = ProbotOctokit.plugin(rejectTruncated, refreshToken, rateLimit?.plugin ?? (() => undefined))
  return new Probot({
    appId: app.id,
    privateKey: app.privateKey,
    secret: app.webhookSecret,
    baseUrl,
    request: { fetch },
    log: log as NonNullable<ConstructorParameters<typeof Probot>[0]>['log'] & object,
    // A function, because Probot's own options would override those of an object. The outbox retries, so Octokit need not.
    Octokit: Base.defaults((given: { auth?: Auth; throttle?: object }) => ({
      ...given,
      // Probot itself asks github.com for tokens, also when the app is on another host.
      ...(given.auth && { auth: { ...given.auth, request: given.auth.request.defaults({ baseUrl }) } }),
      retry: { enabled: false },
      throttle: throttle ? { ...given.throttle, ...NO_WAITING } : { enabled: false },
    })),
  })
}

/** Clients for the app and its installations, and its login. In a dry run, they log writes instead of sending them. */
export function gitHubOf(
  probot: Probot,
  dryRun: boolean,
  log: { info(fields: object, message: string): void },
): GitHub {
  let login: string | null = null
  return {
    appOctokit: () => probot.auth(),
    async octokitOf(installationId) {
      const octokit = await probot.auth(installationId)
      return dryRun ? refuseWrites(octokit, log) : octokit
    },
    async botLogin() {
      if (login === null) {
        const { data } = await (await probot.auth()).rest.apps.getAuthenticated()
        if (!data) throw new Error('GitHub does not know this app')
        login = `${data.slug}[bot]`
      }
      return login
    },
  }
}
