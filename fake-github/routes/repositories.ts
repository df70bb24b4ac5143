/** Repositories, their files and the permissions of users. */
import { type Call, notFound, type Route, repositoryOf } from '../route.ts'
import { shaOf } from '../seed.ts'
import { fullName, repositoryUrl } from '../shapes/instance.ts'
import { fullRepositoryShape, roleFlags } from '../shapes/repositories.ts'
import { userShape } from '../shapes/users.ts'
import type { Repository, Role } from '../state.ts'

/** A user's role: the granted role, else admin for the owner, else the default. */
function roleOf(repository: Repository, login: string): Role {
  const given = repository.permissions.get(login.toLowerCase())
  if (given) return given
  if (repository.owner.toLowerCase() === login.toLowerCase()) return 'admin'
  return repository.private ? 'none' : 'read'
}

function getRepository(call: Call) {
  const repository = repositoryOf(call)
  const role = call.actor.kind === 'user' ? roleOf(repository, call.actor.login) : 'read'
  return { status: 200, body: fullRepositoryShape(call.github, repository, role) }
}

/** The legacy `permission` that GitHub returns in addition to `role_name`. */
function legacyPermission(role: Role): string {
  if (role === 'maintain') return 'write'
  return role === 'triage' ? 'read' : role
}

function getPermission(call: Call) {
  const repository = repositoryOf(call)
  const login = call.params.username ?? ''
  const account = call.github.state.accounts.get(login.toLowerCase())
  if (!account) throw notFound()
  const role = roleOf(repository, login)
  return {
    status: 200,
    body: {
      permission: legacyPermission(role),
      role_name: role,
      user: { ...userShape(call.github, account.login), permissions: roleFlags(role), role_name: role },
    },
  }
}

/** A file on the default branch. Branches and commits hold the same, unless a file is seeded as `ref:path`, as git writes it. */
function getContents(call: Call) {
  const repository = repositoryOf(call)
  const path = (call.params.path ?? '').replace(/^\/+|\/+$/g, '')
  const ref = call.query.get('ref')
  const knownRef =
    !ref || repository.branches.has(ref.replace('refs/heads/', '')) || repository.commits.has(ref)
  const text = repository.contents.get(`${ref}:${path}`) ?? repository.contents.get(path)
  if (!knownRef || text === undefined) throw notFound()
  if (/\braw\b/.test(call.accept)) {
    return {
      status: 200,
      body: text,
      headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
    }
  }
  return { status: 200, body: fileShape(call, repository, path, text) }
}

function fileShape(call: Call, repository: Repository, path: string, text: string) {
  const bytes = Buffer.from(text)
  const sha = shaOf(`blob ${bytes.length}\0${text}`)
  const ref = call.query.get('ref') ?? repository.defaultBranch
  const page = `${call.github.web}/${fullName(repository)}`
  const self = `${repositoryUrl(call.github, repository)}/contents/${path}?ref=${ref}`
  const git = `${repositoryUrl(call.github, repository)}/git/blobs/${sha}`
  const html = `${page}/blob/${ref}/${path}`
  return {
    type: 'file',
    encoding: 'base64',
    size: bytes.length,
    name: path.split('/').at(-1) ?? path,
    path,
    content: `${bytes.toString('base64').replace(/.{60}/g, '$&\n')}\n`,
    sha,
    url: self,
    git_url: git,
    html_url: html,
    download_url: `${page}/raw/${ref}/${path}`,
    _links: { self, git, html },
  }
}

/** The most days that an owner can choose. */
const MAX_PUBLIC_DAYS = 90
const MAX_PRIVATE_DAYS = 400

/** How long results are kept. GitHub hides the setting from people who do not administer the repository. */
function getRetention(call: Call) {
  const repository = repositoryOf(call)
  const { actor } = call
  const isAdmin = actor.kind === 'user' && repository.permissions.get(actor.login.toLowerCase()) === 'admin'
  if (!isAdmin && actor.kind !== 'installation') throw notFound()
  const maximum = repository.private ? MAX_PRIVATE_DAYS : MAX_PUBLIC_DAYS
  return { status: 200, body: { days: repository.retentionDays, maximum_allowed_days: maximum } }
}

const REPOSITORY = '/repos/{owner}/{repo}'

export const repositoryRoutes: Route[] = [
  { method: 'GET', path: REPOSITORY, needs: [['metadata', 'read']], handle: getRepository },
  {
    method: 'GET',
    path: `${REPOSITORY}/actions/permissions/artifact-and-log-retention`,
    needs: [['administration', 'read']],
    handle: getRetention,
  },
  {
    method: 'GET',
    path: `${REPOSITORY}/contents/{path}`,
    needs: [
      ['contents', 'read'],
      ['single_file', 'read'],
    ],
    handle: getContents,
  },
  {
    method: 'GET',
    path: `${REPOSITORY}/collaborators/{username}/permission`,
    needs: [['metadata', 'read']],
    handle: getPermission,
  },
]
