/** Signed `check_run` webhooks in GitHub's form and size, each for a different run. */
import { createHash, createHmac } from 'node:crypto'
import examples from '@octokit/webhooks-examples' with { type: 'json' }
import type { Request } from 'autocannon'
import { SECRET } from './processes.ts'

interface Example {
  action: string
  check_run: { id: number; head_sha: string; completed_at: string; conclusion: string; name: string }
  repository: { id: number; full_name: string }
}

const { example } = pick()

function pick(): { example: Example } {
  const list = examples as unknown as { name: string; examples: Example[] }[]
  const all = list.find((example) => example.name === 'check_run')?.examples ?? []
  const found = all.find(
    (example) => example.action === 'completed' && example.check_run.conclusion === 'success',
  )
  if (!found) throw new Error('the examples hold no completed check run')
  return { example: found }
}

export interface WebhookOptions {
  /** The number of the first run. Equal numbers give equal runs. */
  first: number
  count: number
  /** Whether the payload names the installation, as GitHub does for apps. */
  installation?: boolean
  repositories?: number
}

/** The payload of run `i`. There are ten job names, and ten runs share a commit. */
export function payloadOf(
  i: number,
  { installation = true, repositories = 1 }: Partial<WebhookOptions>,
): object {
  const repository = example.repository.id + (((i / 10) | 0) % repositories)
  const head_sha = createHash('sha1')
    .update(`head ${(i / 10) | 0}`)
    .digest('hex')
  const completed_at = new Date(Date.UTC(2026, 0) + (i % 2_000_000) * 1000).toISOString()
  return {
    ...example,
    check_run: { ...example.check_run, id: i + 1, head_sha, name: `job ${i % 10}`, completed_at },
    repository: { ...example.repository, id: repository },
    ...(installation && { installation: { id: 1, node_id: 'MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMQ==' } }),
  }
}

/** One autocannon request for each webhook. */
export function signedRequests(options: WebhookOptions): Request[] {
  return Array.from({ length: options.count }, (_, i) => requestOf(options.first + i, options))
}

function requestOf(i: number, options: Partial<WebhookOptions>): Request {
  const body = JSON.stringify(payloadOf(i, options))
  return {
    method: 'POST',
    path: '/api/github/webhooks',
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/0000000',
      'x-github-event': 'check_run',
      'x-github-delivery': guidOf(i),
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
  }
}

/** A delivery id in GitHub's form. */
export function guidOf(i: number): string {
  const hex = createHash('md5').update(`delivery ${i}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
