/** Whose commits are those that no webhook told of: GitHub is asked about many at once, and answers with facts. */
import type { OrphanHead } from '../../db/orphan-heads.ts'
import type { Facts } from '../../domain/facts.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import type { ReadContext } from './page.ts'
import { eventFacts, PULL_FIELDS, type PullRequest, stateFacts } from './pull.ts'
import { pullOfRest, type RestPull } from './pulls-rest.ts'

/** Commits in one query: 50 and the labels of 5 pull requests each are 300 connections, 3 points. */
export const HEADS_AT_ONCE = 50
const MAX_PULLS = 5

/** A pull request that GitHub connects with a commit, and the repository that it is to go to. */
interface Connected extends PullRequest {
  baseRepository: { databaseId: number } | null
}

interface Told {
  committedDate?: string
  associatedPullRequests?: { nodes: (Connected | null)[] } | null
}

interface Answer {
  repository: Record<string, Told | null> | null
}

/** What GitHub says of up to HEADS_AT_ONCE commits: facts about the pull requests that had them as heads. */
export async function askAboutHeads(context: ReadContext, heads: readonly OrphanHead[]): Promise<Facts[]> {
  try {
    return await askAtOnce(context, heads)
  } catch (error) {
    if (!(error instanceof GraphqlRefusal)) throw error
    return askOneByOne(context, heads)
  }
}

async function askAtOnce(context: ReadContext, heads: readonly OrphanHead[]): Promise<Facts[]> {
  const { client, owner, repo } = context
  const objects = heads.map(
    (one, i) => `c${i}: object(oid: "${one.head_sha}") { ... on Commit { committedDate
      associatedPullRequests(first: ${MAX_PULLS}) { nodes { ${PULL_FIELDS} baseRepository { databaseId } } } } }`,
  )
  const query = `query($owner: String!, $repo: String!) { repository(owner: $owner, name: $repo) { ${objects.join(' ')} } }`
  const answer = await client.graphql<Answer>(query, { owner, repo })
  return heads.flatMap((head, i) => {
    const commit = answer.repository?.[`c${i}`]
    if (!commit) return []
    const pulls = (commit.associatedPullRequests?.nodes ?? []).filter((one) => one !== null)
    return placed(context, head, pulls, commit.committedDate)
  })
}

/** Without GraphQL: a request for each, and pull requests from forks are not told. */
async function askOneByOne(context: ReadContext, heads: readonly OrphanHead[]): Promise<Facts[]> {
  const { client, owner, repo } = context
  const facts: Facts[] = []
  for (const head of heads) {
    const options = { owner, repo, commit_sha: head.head_sha, per_page: 100 }
    const answer = await client
      .get('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', options)
      .catch(noneIfUnknown)
    const pulls = (answer.data as RestPull[]).map((one) => ({
      ...pullOfRest(one),
      baseRepository: one.base.repo ? { databaseId: one.base.repo.id } : null,
    }))
    facts.push(...placed(context, head, pulls, undefined))
  }
  return facts
}

/** A commit that GitHub does not have: it was garbage, or never pushed here. */
function noneIfUnknown(error: unknown): { data: unknown } {
  const { status } = error as { status?: number }
  if (status === 404 || status === 422 || status === 409) return { data: [] }
  throw error
}

function placed(
  context: ReadContext,
  head: OrphanHead,
  pulls: readonly Connected[],
  committedDate: string | undefined,
): Facts[] {
  return (
    pulls
      // Of another repository of the network, or of one that has this name now.
      .filter((pr) => pr.baseRepository?.databaseId === context.repository.id)
      .filter((pr) => wasHead(pr, head))
      .flatMap((pr) => {
        if (pr.headRefOid === head.head_sha) return stateFacts(context, pr)
        const [created, updated] = [Date.parse(pr.createdAt), Date.parse(pr.updatedAt)]
        const told = committedDate ? Date.parse(committedDate) : created
        const at = Math.min(updated, Math.max(created, told))
        return [...eventFacts(context, pr, { sha: head.head_sha, at }), ...stateFacts(context, pr)]
      })
  )
}

/**
 * GitHub also connects a commit with the pull request that was merged as it, or rebased into it: those were never tested
 * for it. What ran on a commit within a pull request was run on it as the head.
 */
function wasHead(pr: PullRequest, { head_sha, head_branches }: OrphanHead): boolean {
  if (pr.headRefOid === head_sha) return true
  if (pr.mergeCommit?.oid === head_sha) return false
  if (head_branches.length > 0) return head_branches.includes(pr.headRefName)
  return pr.state !== 'MERGED'
}
