/** One pull request with all its commits, changes of its head and reviews: as many GraphQL queries as it takes. */
import { newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { GraphqlRefusal } from '../../github/throttled-client.ts'
import { lookPages } from './looks.ts'
import type { PageResult, ReadContext } from './page.ts'
import { PULL_FIELDS } from './pull.ts'
import { headsOf, type WholePullRequest } from './pull-heads.ts'

/** The connections of a pull request that show its heads, its bases and its commands: `only` selects their entries. */
export const CONNECTIONS = {
  commits: { only: '', nodes: 'nodes { commit { oid committedDate } }' },
  timelineItems: {
    only: `itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT, BASE_REF_CHANGED_EVENT, CLOSED_EVENT, REOPENED_EVENT,
          LABELED_EVENT, UNLABELED_EVENT, RENAMED_TITLE_EVENT]`,
    nodes: `nodes {
          __typename
          ... on ClosedEvent { createdAt }
          ... on ReopenedEvent { createdAt }
          ... on LabeledEvent { createdAt }
          ... on UnlabeledEvent { createdAt }
          ... on RenamedTitleEvent { createdAt }
          ... on HeadRefForcePushedEvent { createdAt beforeCommit { oid } afterCommit { oid } }
          ... on BaseRefChangedEvent { createdAt previousRefName currentRefName }
        }`,
  },
  reviews: {
    only: '',
    nodes: 'nodes { databaseId body submittedAt authorAssociation author { __typename login } }',
  },
} as const

type ConnectionName = keyof typeof CONNECTIONS

interface Connection {
  totalCount?: number
  pageInfo?: { endCursor: string | null; hasNextPage: boolean }
  nodes: unknown[] | null
}

/** Entries for one query, most first: fewer for a query that GitHub does not answer whole. */
const SIZES = [100, 20, 5] as const

/** The page that reads a pull request by itself. */
export function wholePullPage(number: number): Page {
  return newPage('whole-pull', number, { number }, [number])
}

/** Reads one pull request by itself. @throws GraphqlRefusal when even the smallest queries are not answered whole */
export async function readWholePull(
  context: ReadContext,
  { number }: PagePayloads['whole-pull'],
): Promise<PageResult> {
  const pull = await ask<WholePullRequest>(context, number, `${PULL_FIELDS} body authorAssociation`)
  const commits = await readAll(context, number, 'commits')
  const timelineItems = await readAll(context, number, 'timelineItems')
  const reviews = await readAll(context, number, 'reviews')
  const whole = { ...pull, commits, timelineItems, reviews } as WholePullRequest
  const { facts, looks } = headsOf(context, whole)
  const { nodes, totalCount } = commits
  const problem =
    totalCount > nodes.length
      ? `GitHub lists only ${nodes.length} of the ${totalCount} commits of pull request ${number}`
      : null
  return { facts, next: lookPages(looks), found: [], ...(problem && { problem }) }
}

/** All entries of a connection, page after page. */
async function readAll(context: ReadContext, number: number, name: ConnectionName) {
  const nodes: unknown[] = []
  let totalCount = 0
  for (let cursor: string | null = null; ; ) {
    const page: Connection = await readSome(context, number, name, cursor)
    nodes.push(...(page.nodes ?? []))
    totalCount = page.totalCount ?? nodes.length
    cursor = page.pageInfo?.hasNextPage ? page.pageInfo.endCursor : null
    if (cursor === null) return { nodes, totalCount }
  }
}

/** One page of a connection, as large as GitHub answers it whole. */
async function readSome(
  context: ReadContext,
  number: number,
  name: ConnectionName,
  cursor: string | null,
): Promise<Connection> {
  const { only, nodes } = CONNECTIONS[name]
  let refusal: unknown = null
  for (const size of SIZES) {
    const selection = `connection: ${name}(first: ${size}, after: $cursor, ${only}) { totalCount pageInfo { endCursor hasNextPage } ${nodes} }`
    try {
      const { connection } = await ask<{ connection?: Connection | null }>(context, number, selection, cursor)
      if (connection?.nodes) return connection
      refusal = new GraphqlRefusal(`GraphQL left out the ${name} of pull request ${number}`)
    } catch (error) {
      if (!(error instanceof GraphqlRefusal && error.isTooLarge)) throw error
      refusal = error
    }
  }
  throw refusal
}

async function ask<T>(
  { client, owner, repo }: ReadContext,
  number: number,
  selection: string,
  cursor?: string | null,
): Promise<T> {
  const query = `query($owner: String!, $repo: String!, $number: Int!${cursor === undefined ? '' : ', $cursor: String'}) {
  repository(owner: $owner, name: $repo) { pullRequest(number: $number) { ${selection} } }
}`
  const variables = { owner, repo, number, ...(cursor !== undefined && { cursor }) }
  const answer = await client.graphql<{ repository: { pullRequest: T | null } | null }>(query, variables)
  const pull = answer.repository?.pullRequest
  if (!pull) throw new GraphqlRefusal(`GraphQL hides pull request ${number}`)
  return pull
}
