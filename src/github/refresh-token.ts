/** Octokit caches an installation's token for 59 minutes. When GitHub revokes it earlier, every call would fail until then. */
import type { Octokit } from './client.ts'

/** Requests of the app itself do not use an installation's token. */
const OWN = /\/app(?:\/|$)/

/** An Octokit plugin that replaces a token after a 401, so that the next attempt has a new one. */
export function refreshToken(octokit: Pick<Octokit, 'hook' | 'auth'>): void {
  octokit.hook.error('request', async (error, { url }) => {
    if ((error as { status?: number }).status === 401 && !OWN.test(url))
      // The app's own client has no installation and no token to refresh.
      await octokit.auth({ type: 'installation', refresh: true }).catch(() => undefined)
    throw error
  })
}
