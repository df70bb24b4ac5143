/** This app at GitHub: Probot with its credentials, and the narrow view of it that the rest of the program takes. */
import { Probot, ProbotOctokit } from 'probot'
import type { GitHub, Octokit } from './client.ts'
import { refuseWrites } from './dry-run.ts'
import type { RateLimitWatch } from './rate-limit-watch.ts'
import { refreshToken } from './refresh-token.ts'
import { rejectTruncated } from './reject-truncated.ts'
import { fetchWithTimeout } from './timeout.ts'

/** What the app's settings page shows. */
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
  /** False where no GitHub needs to be spared. */
  throttle: boolean
  /** Reads along what is left of the rate limit. */
  rateLimit?: RateLimitWatch
  /** How long an answer may take, in ms. */
  timeoutMs?: number
  /** Gives up what is under way and asks nothing more. */
  stop?: AbortSignal
}

/** A limit is for those who asked to wait for: who waits in here holds up all that stands behind it, for up to an hour. */
const GIVE_BACK = { onRateLimit: () => false, onSecondaryRateLimit: () => false }

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
    // A function, because Probot's own options would win over an object's. The outbox retries; Octokit need not.
    Octokit: Base.defaults((given: { auth?: Auth; throttle?: object }) => ({
      ...given,
      // Probot's own way to ask for a token leads to github.com, wherever GitHub is.
      ...(given.auth && { auth: { ...given.auth, request: given.auth.request.defaults({ baseUrl }) } }),
      retry: { enabled: false },
      throttle: throttle ? { ...given.throttle, ...GIVE_BACK } : { enabled: false },
    })),
  })
}

/** The installations and the login of the app. In a dry run its clients log what they would write, and refuse to. */
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
