/** Who may read what: public repositories everybody, private ones those who can read them on GitHub, asked with their own token. */
import type { Row } from '../../db/schema.ts'
import type { Visibility } from '../deps.ts'
import type { GitHubUsers } from './github-users.ts'
import type { Viewer } from './sessions.ts'

const FRESH_MS = 5 * 60_000
const MAX_KEPT = 10_000

export interface VisibilityOptions {
  github: GitHubUsers
  /** Epoch ms. */
  now: () => number
  /** False: nothing is for people who did not sign in. */
  isPublic: boolean
  viewerOf(request: Request): Promise<Viewer | null>
}

export interface SignedInVisibility extends Visibility {
  /** Forgets what a person may read, at their sign-out. */
  deleteExpired(viewer: Viewer): void
}

/** Asks GitHub once in five minutes for each person and installation. Whatever goes wrong there opens nothing. */
export function createVisibility({ github, now, isPublic, viewerOf }: VisibilityOptions): SignedInVisibility {
  const kept = new Map<string, { until: number; ids: Promise<Set<number>> }>()
  const readable = (viewer: Viewer, installationId: number): Promise<Set<number>> => {
    const key = `${viewer.userId}/${installationId}`
    const known = kept.get(key)
    if (known && known.until > now()) return known.ids
    const ids = github.repositoriesOf(viewer.token, installationId)
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(key, { until: now() + FRESH_MS, ids })
    ids.catch(() => kept.delete(key))
    return ids
  }
  return {
    async mayRead(request: Request, repository: Row<'repository'>) {
      if (isPublic && !repository.private) return true
      if (repository.installation_id === null) return false
      const viewer = await viewerOf(request)
      if (!viewer) return false
      try {
        return (await readable(viewer, repository.installation_id)).has(repository.repository_id)
      } catch {
        return false
      }
    },
    deleteExpired({ userId }) {
      for (const key of kept.keys()) if (key.startsWith(`${userId}/`)) kept.delete(key)
    },
  }
}
