/** The app's own record of deliveries at GitHub: what was handed over and what was not, and sending it again. Kept 3 days, on own servers 7. */
import type { Octokit } from '../../github/client.ts'

/** One attempt to hand over a delivery. */
export interface DeliveryAttempt {
  /** Digits: more than a JavaScript number holds (octokit/request.js#797), and none that Octokit puts into a path else (octokit/endpoint.js#546). */
  id: string
  guid: string
  event: string
  repositoryId: number | null
  deliveredAt: string
  failed: boolean
}

/** What of GitHub's record is to be looked at. */
export interface Look {
  /** RFC 3339; older attempts are left out. */
  since: string
  which: 'failed' | 'all'
  /** Where to go on; null for the newest attempt. */
  cursor: string | null
}

const MAX_PAGES = 100

/**
 * Attempts since a time, newest first. 1 call for each 100, at most 100 calls.
 * @param octokit signed in as the app itself
 * @returns what was found, and where to go on: null where all was looked at
 */
export async function listAttempts(
  octokit: Octokit,
  { since, which, cursor: start }: Look,
): Promise<{ found: DeliveryAttempt[]; cursor: string | null }> {
  const found: DeliveryAttempt[] = []
  let cursor = start
  for (let page = 0; page < MAX_PAGES; page++) {
    const { data, headers } = await octokit.request('GET /app/hook/deliveries', {
      per_page: 100,
      ...(which === 'failed' && { status: 'failure' }),
      ...(cursor !== null && { cursor }),
    })
    const recent = data.filter((one) => Date.parse(one.delivered_at) >= Date.parse(since))
    for (const { id, guid, event, repository_id, delivered_at, status_code } of recent) {
      const failed = status_code < 200 || status_code >= 300
      if (which === 'failed' && !failed) continue
      const repositoryId = repository_id ? Number(repository_id) : null
      found.push({ id: String(id), guid, event, repositoryId, deliveredAt: delivered_at, failed })
    }
    cursor = nextCursor(headers.link)
    if (cursor === null || recent.length < data.length) return { found, cursor: null }
  }
  return { found, cursor }
}

function nextCursor(link: string | undefined): string | null {
  const url = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1]
  return url ? new URL(url).searchParams.get('cursor') : null
}

/** Octokit's types know numbers alone; a text comes into the path as it is. */
function inPath(deliveryId: string): number {
  return deliveryId as unknown as number
}

/** Has GitHub send a delivery again, under its old GUID. @returns false where it does not have it any more */
export async function redeliver(octokit: Octokit, deliveryId: string): Promise<boolean> {
  try {
    await octokit.request('POST /app/hook/deliveries/{delivery_id}/attempts', {
      delivery_id: inPath(deliveryId),
    })
    return true
  } catch (error) {
    const { status } = error as { status?: number }
    if (status === 404 || status === 422) return false
    throw error
  }
}

/** What was sent; null where GitHub does not have it any more. */
export async function readPayload(octokit: Octokit, deliveryId: string): Promise<unknown> {
  try {
    const { data } = await octokit.request('GET /app/hook/deliveries/{delivery_id}', {
      delivery_id: inPath(deliveryId),
    })
    return data.request.payload
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null
    throw error
  }
}
