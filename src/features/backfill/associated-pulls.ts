/** Asks GitHub which pull requests had certain commits as heads; the answers become facts. */
import type { OrphanHead as NotedHead } from '../../db/orphan-heads.ts'
import type { Facts } from '../../domain/facts.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import type { ReadContext } from './page.ts'
import { eventFacts, PULL_FIELDS, type PullRequest, stateFacts } from './pull.ts'
import { pullOfRest, type RestPull } from './pulls-rest.ts'

/** A commit, and the branches that its runs name. */
type OrphanHead = Pick<NotedHead, 'head_sha' | 'head_branches'>

/** Commits in one query: with the labels of 5 pull requests each, 50 commits are 300 connections and cost 3 points. */
export const HEADS_AT_ONCE = 50
const MAX_PULLS = 5

/** A pull request that GitHub associates with a commit, and the repository that it targets. */
interface AssociatedPull extends PullRequest {
  baseRepository: { databaseId: number } | null
}

interface CommitAnswer {
  committedDate?: string
  associatedPullRequests?: { nodes: (AssociatedPull | null)[] } | null
}

interface Answer {
  repository: Record<string, CommitAnswer | null> | null
}

/** Facts about the pull requests that had up to HEADS_AT_ONCE commits as heads. */
export async function askAboutHeads(context: ReadContext, heads: readonly OrphanHead[]): Promise<Facts[]> {
  try {
    return await askAtOnce(context, heads)
  } catch (error) {
    if (!(error instanceof GraphqlRefusal)) throw error
    if (!error.isTooLarge || heads.length === 1) return askOneByOne(context, heads)
  }
  const half = Math.ceil(heads.length / 2)
  const first = await askAboutHeads(context, heads.slice(0, half))
  return [...first, ...(await askAboutHeads(context, heads.slice(half)))]
}

async function askAtOnce(context: ReadContext, heads: readonly OrphanHead[]): Promise<Facts[]> {
  const { client, owner, repo } = context
  const objects = heads.map(
    (head, i) => `c${i}: object(oid: "${head.head_sha}") { ... on Commit { committedDate
      associatedPullRequests(first: ${MAX_PULLS}) { nodes { ${PULL_FIELDS} baseRepository { databaseId } } } } }`,
  )
  const query = `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { ${objects.join(' ')} } }`
  const answer = await client.graphql<Answer>(query, { owner, repo })
  return heads.flatMap((head, i) => {
    const commit = answer.repository?.[`c${i}`]
    if (!commit) return []
    const pulls = (commit.associatedPullRequests?.nodes ?? []).filter((pull) => pull !== null)
    return factsAbout(context, head, pulls, commit.committedDate)
  })
}

/** Without GraphQL: one request for each commit, and GitHub leaves out pull requests from forks. */
async function askOneByOne(context: ReadContext, heads: readonly OrphanHead[]): Promise<Facts[]> {
  const { client, owner, repo } = context
  const facts: Facts[] = []
  for (const head of heads) {
    const options = { owner, repo, commit_sha: head.head_sha, per_page: 100 }
    const answer = await client
      .get('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', options)
      .catch(emptyIfUnknown)
    const pulls = (answer.data as RestPull[]).map((pull) => ({
      ...pullOfRest(pull),
      baseRepository: pull.base.repo ? { databaseId: pull.base.repo.id } : null,
    }))
    facts.push(...factsAbout(context, head, pulls, undefined))
  }
  return facts
}

/** GitHub does not have the commit: it was collected as garbage, or never pushed to this repository. */
function emptyIfUnknown(error: unknown): { data: unknown } {
  const { status } = error as { status?: number }
  if (status === 404 || status === 422 || status === 409) return { data: [] }
  throw error
}

function factsAbout(
  context: ReadContext,
  head: OrphanHead,
  pulls: readonly AssociatedPull[],
  committedDate: string | undefined,
): Facts[] {
  return (
    pulls
      // Others target another repository of the fork network, or the one that has this name now.
      .filter((pr) => pr.baseRepository?.databaseId === context.repository.id)
      .filter((pr) => wasHead(pr, head))
      .flatMap((pr) => {
        if (pr.headRefOid === head.head_sha) return stateFacts(context, pr)
        const [created, updated] = [Date.parse(pr.createdAt), Date.parse(pr.updatedAt)]
        const committed = committedDate ? Date.parse(committedDate) : created
        const at = Math.min(updated, Math.max(created, committed))
        return [...eventFacts(context, pr, { sha: head.head_sha, at }), ...stateFacts(context, pr)]
      })
  )
}

/**
 * Whether the commit was a head of the pull request, so that its runs tested it. GitHub also associates a commit with the
 * pull request whose merge or rebase created it, and nothing tested the pull request at that commit.
 */
function wasHead(pr: PullRequest, { head_sha, head_branches }: OrphanHead): boolean {
  if (pr.headRefOid === head_sha) return true
  if (pr.mergeCommit?.oid === head_sha) return false
  if (head_branches.length > 0) return head_branches.includes(pr.headRefName)
  return pr.state !== 'MERGED'
}
