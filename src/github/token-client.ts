/** A client that signs in with a person's token instead of the app's credentials. */
import { ProbotOctokit } from 'probot'
import type { Octokit } from './client.ts'
import { rejectTruncated } from './reject-truncated.ts'
import { fetchWithTimeout } from './timeout.ts'

/** Creates the client. @param baseUrl base address of GitHub's REST API */
export function tokenOctokit(token: string, baseUrl: string): Octokit {
  const TokenOctokit = ProbotOctokit.plugin(rejectTruncated)
  return new TokenOctokit({
    auth: { token },
    baseUrl,
    request: { fetch: fetchWithTimeout() },
    // `createThrottledClient` waits as GitHub's headers say, for all callers at once.
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  } as ConstructorParameters<typeof TokenOctokit>[0])
}
