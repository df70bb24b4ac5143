/** GitHub's side of the demo: fills the fake GitHub with what the webhooks describe, and reads what the app wrote to it. */

import type { FakeGitHub } from '../fake-github/fake-github.ts'
import { addAccount, addInstallation, addPull, addRepository } from '../fake-github/seed.ts'
import { addComment } from '../fake-github/seed-changes.ts'
import type { Repository } from '../fake-github/state.ts'
import type { Delivery } from '../src/intake/prepare.ts'
import { commentDelivery, numberOf } from '../src/simulate/payloads.ts'
import { INSTALLATION_ID } from './history.ts'

export interface GitHubSide {
  /** Creates the repositories and pull requests that the deliveries describe. */
  addFrom(deliveries: readonly Delivery[]): void
  /** Writes a comment as a contributor at `at` (epoch ms) and returns the webhook that GitHub sends for it. */
  comment(fullName: string, repositoryId: number, number: number, body: string, at: number): Delivery
  /** The text of the app's newest comment on a pull request, or null. */
  lastAppComment(fullName: string, number: number): string | null
  /** The issues that the app opened. */
  appIssues(): { repository: string; number: number; title: string; state: string; body: string }[]
}

const COMMENTER = 'contributor-1'

interface Payload {
  repository?: { full_name?: string; private?: boolean; default_branch?: string }
  pull_request?: {
    number: number
    title: string
    created_at: string
    user?: { login: string } | null
    head: { sha: string }
  }
}

export function gitHubSide({ state }: FakeGitHub): GitHubSide {
  const repositoryOf = (fullName: string): Repository => {
    const existing = state.repositories.get(fullName.toLowerCase())
    if (existing) return existing
    const [owner = '', name = ''] = fullName.split('/')
    if (![...state.installations.values()].some((installation) => installation.account === owner))
      addInstallation(state, owner, { id: INSTALLATION_ID })
    return addRepository(state, { owner, name })
  }
  return {
    addFrom(deliveries) {
      for (const { payload } of deliveries) {
        const { repository, pull_request: pullRequest } = payload as Payload
        if (!repository?.full_name) continue
        const at = repositoryOf(repository.full_name)
        if (!pullRequest || at.issues.has(pullRequest.number)) continue
        const author = pullRequest.user?.login ?? 'ghost'
        addAccount(state, author)
        addPull(state, at, {
          number: pullRequest.number,
          title: pullRequest.title,
          user: author,
          at: pullRequest.created_at,
          sha: pullRequest.head.sha,
        })
      }
    },
    comment(fullName, repositoryId, number, body, at) {
      const repository = repositoryOf(fullName)
      const { owner, name } = repository
      addAccount(state, COMMENTER)
      const id = numberOf('comment', name, number, COMMENTER, at)
      addComment(repository, { id, issue: number, body, user: COMMENTER, at: new Date(at).toISOString() })
      const repositoryIds = { id: repositoryId, owner, name, installation: INSTALLATION_ID }
      return commentDelivery(
        repositoryIds,
        { number, title: '', author: COMMENTER },
        { id, author: COMMENTER, body, at },
      )
    },
    lastAppComment(fullName, number) {
      const comments = [...repositoryOf(fullName).comments.values()].filter(
        (comment) => comment.issue === number && comment.byApp,
      )
      return comments[comments.length - 1]?.body ?? null
    },
    appIssues() {
      return [...state.repositories.values()].flatMap((repository) =>
        [...repository.issues.values()]
          .filter((issue) => issue.byApp)
          .map(({ number, title, state: open, body }) => ({
            repository: `${repository.owner}/${repository.name}`,
            number,
            title,
            state: open,
            body: body ?? '',
          })),
      )
    },
  }
}
