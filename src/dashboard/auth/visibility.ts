/** Who may see what: everybody sees public repositories; private ones are for people who can read them on GitHub. */
import type { Row } from '../../db/schema.ts'
import type { Visibility } from '../deps.ts'
import type { GitHubUsers } from './github-users.ts'
import type { Viewer } from './sessions.ts'

const FRESH_MS = 5 * 60_000
const MAX_CACHED = 10_000

export interface VisibilityOptions {
  github: GitHubUsers
  /** Epoch ms. */
  now: () => number
  /** If false, readers who are not signed in see nothing. */
  isPublic: boolean
  viewerOf(request: Request): Promise<Viewer | null>
}

export interface SignedInVisibility extends Visibility {
  /** Clears the cached access of a person who signs out. */
  forgetViewer(viewer: Viewer): void
}

/** Queries GitHub with the person's own token, at most once in five minutes per person and installation. Errors deny access. */
export function createVisibility({ github, now, isPublic, viewerOf }: VisibilityOptions): SignedInVisibility {
  const cache = new Map<string, { until: number; ids: Promise<Set<number>> }>()
  const readable = (viewer: Viewer, installationId: number): Promise<Set<number>> => {
    const key = `${viewer.userId}/${installationId}`
    const cached = cache.get(key)
    if (cached && cached.until > now()) return cached.ids
    const ids = github.repositoriesOf(viewer.token, installationId)
    if (cache.size >= MAX_CACHED) cache.clear()
    cache.set(key, { until: now() + FRESH_MS, ids })
    ids.catch(() => cache.delete(key))
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
    forgetViewer({ userId }) {
      for (const key of cache.keys()) if (key.startsWith(`${userId}/`)) cache.delete(key)
    },
  }
}
