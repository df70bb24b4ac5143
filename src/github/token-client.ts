/** An Octokit that a person's token signs in, without the app. */
import { ProbotOctokit } from 'probot'
import type { Octokit } from './client.ts'
import { rejectTruncated } from './reject-truncated.ts'
import { fetchWithTimeout } from './timeout.ts'

/** @param baseUrl base address of GitHub's REST API */
export function tokenOctokit(token: string, baseUrl: string): Octokit {
  const Whole = ProbotOctokit.plugin(rejectTruncated)
  return new Whole({
    auth: { token },
    baseUrl,
    request: { fetch: fetchWithTimeout() },
    // The client waits by GitHub's headers, for all that ask at the same time.
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  } as ConstructorParameters<typeof Whole>[0])
}
