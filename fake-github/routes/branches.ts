/** Branches and their protection by rulesets and classic rules, as visible without administration permission. */
import { page } from '../paging.ts'
import { type Call, notFound, type Route, repositoryOf } from '../route.ts'
import { commitShape } from '../shapes/commits.ts'
import { fullName, type GitHubInstance, repositoryUrl } from '../shapes/instance.ts'
import type { Branch, Commit, Repository, Ruleset } from '../state.ts'

/** The required check names of a branch's classic protection and rulesets together, for `isRequired`. */
export function requiredChecks(
  repository: Repository,
  branch: string,
): { context: string; appId: number | null }[] {
  const classic = repository.branches.get(branch)?.protection?.checks ?? []
  const rules = rulesFor(repository, branch).flatMap((ruleset) =>
    ruleset.checks.map((check) => ({ context: check.context, appId: check.integrationId })),
  )
  return [...classic, ...rules]
}

function rulesFor(repository: Repository, branch: string): Ruleset[] {
  return repository.rulesets.filter(
    (ruleset) =>
      ruleset.enforcement === 'active' &&
      ruleset.branches.some((pattern) => covers(repository, pattern, branch)),
  )
}

function covers(repository: Repository, pattern: string, branch: string): boolean {
  if (pattern === '~ALL') return true
  if (pattern === '~DEFAULT_BRANCH') return branch === repository.defaultBranch
  const name = pattern.replace(/^refs\/heads\//, '')
  const source = name
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]*')
  return new RegExp(`^${source}$`).test(branch)
}

function ruleShape(repository: Repository, ruleset: Ruleset) {
  return {
    type: 'required_status_checks',
    ruleset_source_type: ruleset.source,
    ruleset_source: ruleset.source === 'Organization' ? repository.owner : fullName(repository),
    ruleset_id: ruleset.id,
    parameters: {
      strict_required_status_checks_policy: false,
      do_not_enforce_on_create: false,
      required_status_checks: ruleset.checks.map((check) => ({
        context: check.context,
        ...(check.integrationId !== null && { integration_id: check.integrationId }),
      })),
    },
  }
}

/** The rules of a branch. GitHub also returns them for branches that do not exist. */
function listRules(call: Call) {
  const repository = repositoryOf(call)
  const rules = rulesFor(repository, call.params.branch ?? '').filter((ruleset) => ruleset.checks.length > 0)
  return page(call, rules, (ruleset) => ruleShape(repository, ruleset))
}

function protectionShape(branch: Branch) {
  const checks = branch.protection?.checks ?? []
  return {
    enabled: branch.protection !== null,
    required_status_checks: {
      enforcement_level: branch.protection?.enforcement ?? 'off',
      contexts: checks.map((check) => check.context),
      checks: checks.map((check) => ({ context: check.context, app_id: check.appId })),
    },
  }
}

function isProtected(repository: Repository, branch: Branch): boolean {
  return branch.protection !== null || rulesFor(repository, branch.name).length > 0
}

function branchShape(github: GitHubInstance, repository: Repository, branch: Branch, commit: Commit) {
  const self = `${repositoryUrl(github, repository)}/branches/${encodeURIComponent(branch.name)}`
  return {
    name: branch.name,
    commit: commitShape(github, repository, commit),
    _links: { self, html: `${github.web}/${fullName(repository)}/tree/${branch.name}` },
    protected: isProtected(repository, branch),
    protection: protectionShape(branch),
    protection_url: `${self}/protection`,
  }
}

function getBranch(call: Call) {
  const repository = repositoryOf(call)
  const branch = repository.branches.get(call.params.branch ?? '')
  const commit = branch && repository.commits.get(branch.sha)
  if (!commit) throw notFound()
  return { status: 200, body: branchShape(call.github, repository, branch, commit) }
}

function listBranches(call: Call) {
  const repository = repositoryOf(call)
  const wanted = call.query.get('protected')
  const found = [...repository.branches.values()].filter(
    (branch) => wanted === null || String(isProtected(repository, branch)) === wanted,
  )
  return page(call, found, (branch) => ({
    name: branch.name,
    commit: { sha: branch.sha, url: `${repositoryUrl(call.github, repository)}/commits/${branch.sha}` },
    protected: isProtected(repository, branch),
    protection: protectionShape(branch),
    protection_url: `${repositoryUrl(call.github, repository)}/branches/${encodeURIComponent(branch.name)}/protection`,
  }))
}

const REPOSITORY = '/repos/{owner}/{repo}'

export const branchRoutes: Route[] = [
  {
    method: 'GET',
    path: `${REPOSITORY}/rules/branches/{branch}`,
    needs: [['metadata', 'read']],
    handle: listRules,
  },
  { method: 'GET', path: `${REPOSITORY}/branches`, needs: [['contents', 'read']], handle: listBranches },
  {
    method: 'GET',
    path: `${REPOSITORY}/branches/{branch}`,
    needs: [['contents', 'read']],
    handle: getBranch,
  },
]
