/** GitHub's log of the app's deliveries, and redelivery. GitHub keeps deliveries for 3 days, GitHub Enterprise Server for 7. */
import type { Octokit } from '../../github/client.ts'

/** One attempt to deliver a webhook. */
export interface DeliveryAttempt {
  /** A number with more digits than JavaScript can hold (octokit/request.js#797, octokit/endpoint.js#546), as text. */
  id: string
  guid: string
  event: string
  repositoryId: number | null
  deliveredAt: string
  failed: boolean
}

/** Which part of the log to read. */
export interface LogPosition {
  /** RFC 3339; older attempts are left out. */
  since: string
  which: 'failed' | 'all'
  /** Where to resume; null to start at the newest attempt. */
  cursor: string | null
}

const MAX_PAGES = 100

/**
 * Reads the attempts since a time, newest first: 1 call for 100 of them, at most 100 calls.
 * @param octokit signed in as the app itself
 * @returns the attempts, and the cursor at which to resume; null if all were read
 */
export async function listAttempts(
  octokit: Octokit,
  { since, which, cursor: start }: LogPosition,
): Promise<{ found: DeliveryAttempt[]; cursor: string | null }> {
  const found: DeliveryAttempt[] = []
  let cursor = start
  for (let page = 0; page < MAX_PAGES; page++) {
    const { data, headers } = await octokit.request('GET /app/hook/deliveries', {
      per_page: 100,
      ...(which === 'failed' && { status: 'failure' }),
      ...(cursor !== null && { cursor }),
    })
    const recent = data.filter((attempt) => Date.parse(attempt.delivered_at) >= Date.parse(since))
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

/** Octokit's types only allow a number; text is put into the path unchanged. */
function inPath(deliveryId: string): number {
  return deliveryId as unknown as number
}

/** Has GitHub redeliver a webhook, with the same GUID. @returns false if GitHub no longer has it */
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

/** The payload of a delivery; null if GitHub no longer has it. */
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
