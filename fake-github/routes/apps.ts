/** The app itself, its installations and their tokens. */
import { randomBytes } from 'node:crypto'
import { grants } from '../actor.ts'
import { page } from '../paging.ts'
import {
  type Call,
  canSee,
  covers,
  notFound,
  numberParam,
  Refusal,
  type Route,
  repositoryOf,
} from '../route.ts'
import { repositoryShape } from '../shapes/repositories.ts'
import { appShape, installationShape, userShape } from '../shapes/users.ts'
import type { Access, Installation, Repository, Token } from '../state.ts'

const TOKEN_MS = 60 * 60_000

function installationOf(call: Call): Installation {
  const installation = call.github.state.installations.get(numberParam(call, 'installation_id'))
  if (!installation) throw notFound()
  return installation
}

function installationReaching(call: Call, repository: Repository): Installation {
  for (const installation of call.github.state.installations.values()) {
    const token: Token = tokenFor(installation, null, 0)
    if (covers({ kind: 'installation', installation, token }, repository)) return installation
  }
  throw notFound()
}

function tokenFor(installation: Installation, repositoryIds: number[] | null, expiresAt: number): Token {
  return {
    token: `ghs_${randomBytes(18).toString('hex')}`,
    kind: 'installation',
    installationId: installation.id,
    login: null,
    permissions: installation.permissions,
    repositoryIds,
    expiresAt,
  }
}

function narrowed(call: Call, installation: Installation): Record<string, Access> {
  const requested = call.body.permissions as Record<string, Access> | undefined
  if (!requested) return installation.permissions
  for (const [name, access] of Object.entries(requested)) {
    if (!grants(installation.permissions, name, access)) {
      throw new Refusal(422, 'The permissions requested are not granted to this installation.')
    }
  }
  return { ...requested, metadata: 'read' }
}

function askedRepositories(call: Call, installation: Installation): Repository[] | null {
  const ids = call.body.repository_ids as number[] | undefined
  const names = call.body.repositories as string[] | undefined
  if (!ids && !names) return null
  const token = tokenFor(installation, null, 0)
  const reached = [...call.github.state.repositories.values()].filter((repository) =>
    covers({ kind: 'installation', installation, token }, repository),
  )
  const found = reached.filter(
    (repository) => ids?.includes(repository.id) || names?.includes(repository.name),
  )
  if (found.length < new Set([...(ids ?? []), ...(names ?? [])]).size) {
    throw new Refusal(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    )
  }
  return found
}

function createToken(call: Call) {
  const installation = installationOf(call)
  if (installation.suspendedAt) throw new Refusal(403, 'This installation has been suspended')
  const repositories = askedRepositories(call, installation)
  const token = tokenFor(
    installation,
    repositories?.map((repository) => repository.id) ?? null,
    Date.now() + TOKEN_MS,
  )
  token.permissions = narrowed(call, installation)
  call.github.state.tokens.set(token.token, token)
  return {
    status: 201,
    body: {
      token: token.token,
      expires_at: `${new Date(token.expiresAt).toISOString().slice(0, 19)}Z`,
      permissions: token.permissions,
      repository_selection: installation.repositories === 'all' && !repositories ? 'all' : 'selected',
      ...(repositories && {
        repositories: repositories.map((repository) => repositoryShape(call.github, repository)),
      }),
    },
  }
}

function visibleTo(call: Call, installation: Installation): Repository[] {
  const token = call.actor.kind === 'installation' ? call.actor.token : tokenFor(installation, null, 0)
  return [...call.github.state.repositories.values()].filter(
    (repository) =>
      covers({ kind: 'installation', installation, token }, repository) &&
      (call.actor.kind !== 'user' || canSee(call.actor, repository)),
  )
}

function installationsOfUser(call: Call): Installation[] {
  return [...call.github.state.installations.values()].filter(
    (installation) => !installation.suspendedAt && visibleTo(call, installation).length > 0,
  )
}

/** Any public app, by its slug. */
function appBySlug(call: Call) {
  const app = [...call.github.state.apps.values()].find(
    (candidate) => candidate.slug === call.params.app_slug,
  )
  if (!app) throw notFound()
  return { status: 200, body: appShape(call.github, app) }
}

export const appRoutes: Route[] = [
  { method: 'GET', path: '/apps/{app_slug}', handle: appBySlug },
  {
    method: 'GET',
    path: '/app',
    who: 'app',
    handle: (call) => {
      const { state } = call.github
      return {
        status: 200,
        body: { ...appShape(call.github, state.app), installations_count: state.installations.size },
      }
    },
  },
  {
    method: 'GET',
    path: '/app/installations',
    who: 'app',
    handle: (call) => {
      const all = [...call.github.state.installations.values()]
      return page(call, all, (installation) => installationShape(call.github, installation))
    },
  },
  {
    method: 'GET',
    path: '/app/installations/{installation_id}',
    who: 'app',
    handle: (call) => ({ status: 200, body: installationShape(call.github, installationOf(call)) }),
  },
  {
    method: 'POST',
    path: '/app/installations/{installation_id}/access_tokens',
    who: 'app',
    handle: createToken,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/installation',
    who: 'app',
    handle: (call) => {
      const { state } = call.github
      const named = state.repositories.get(`${call.params.owner}/${call.params.repo}`.toLowerCase())
      const repository = named ?? repositoryOf(call)
      return { status: 200, body: installationShape(call.github, installationReaching(call, repository)) }
    },
  },
  {
    method: 'GET',
    path: '/installation/repositories',
    who: 'installation',
    handle: (call) => {
      if (call.actor.kind !== 'installation') throw notFound()
      const all = visibleTo(call, call.actor.installation)
      return page(call, all, (repository) => repositoryShape(call.github, repository), {
        envelope: 'repositories',
      })
    },
  },
  {
    method: 'GET',
    path: '/user',
    who: 'user',
    handle: (call) => {
      if (call.actor.kind !== 'user') throw notFound()
      return { status: 200, body: ownProfile(call, call.actor.login) }
    },
  },
  {
    method: 'GET',
    path: '/user/installations',
    who: 'user',
    handle: (call) =>
      page(call, installationsOfUser(call), (installation) => installationShape(call.github, installation), {
        envelope: 'installations',
      }),
  },
  {
    method: 'GET',
    path: '/user/installations/{installation_id}/repositories',
    who: 'user',
    handle: (call) => {
      const all = visibleTo(call, installationOf(call))
      return page(call, all, (repository) => repositoryShape(call.github, repository), {
        envelope: 'repositories',
      })
    },
  },
]

function ownProfile(call: Call, login: string) {
  const created = call.github.state.app.createdAt
  return {
    ...userShape(call.github, login),
    name: call.github.state.accounts.get(login.toLowerCase())?.name ?? null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: created,
    updated_at: created,
  }
}
