/** Octokit keeps an installation's token for 59 minutes, also one that GitHub has ended before: every call would fail for so long. */
import type { Octokit } from './client.ts'

/** What the app asks in its own name needs no installation's token. */
const OWN = /\/app(?:\/|$)/

/** An Octokit plugin: a token that is refused is replaced, for whoever tries again. */
export function refreshToken(octokit: Pick<Octokit, 'hook' | 'auth'>): void {
  octokit.hook.error('request', async (error, { url }) => {
    if ((error as { status?: number }).status === 401 && !OWN.test(url))
      // The app's own client has no installation: it is refused for another reason.
      await octokit.auth({ type: 'installation', refresh: true }).catch(() => undefined)
    throw error
  })
}
