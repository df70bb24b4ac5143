/** The one GraphQL mutation the app sends, answered without the GraphQL package, which an installed app does not have. */
import { authorize } from '../actor.ts'
import { type Actor, Refusal } from '../route.ts'
import { type GitHubInstance, parseNodeId, repositoryById } from '../shapes/instance.ts'

export interface GraphqlRequest {
  query: string
  variables: Record<string, unknown>
}

/** Minimizes the comment with this node id; throws 404 when there is none and 403 without the permission. */
export function minimizeComment(github: GitHubInstance, actor: Actor, subjectId: string, classifier: string) {
  const id = parseNodeId(subjectId)
  const repository = id?.kind === 'IC' ? repositoryById(github.state, Number(id.parts[0])) : null
  const comment = repository?.comments.get(Number(id?.parts[1]))
  if (!repository || !comment) {
    throw new Refusal(404, `Could not resolve to a node with the global id of '${subjectId}'`)
  }
  authorize(
    {
      method: 'POST',
      path: '/graphql',
      needs: [
        ['issues', 'write'],
        ['pull_requests', 'write'],
      ],
      handle: () => ({ status: 200 }),
    },
    actor,
    repository,
  )
  comment.minimized = classifier.toLowerCase()
  return comment
}

/** Answers a `minimizeComment` mutation written with literals or variables; any other query is refused. */
export function answerPlainly(github: GitHubInstance, actor: Actor, request: GraphqlRequest) {
  const { query, variables } = request
  if (!/\bminimizeComment\b/.test(query)) {
    throw new Refusal(
      501,
      'Without the graphql package the fake GitHub knows only the mutation minimizeComment.',
    )
  }
  const input = (variables.input ?? {}) as Record<string, unknown>
  const argument = (name: string): string => {
    const match = new RegExp(`\\b${name}:\\s*(?:\\$(\\w+)|"([^"]*)"|([A-Z_]+))`).exec(query)
    return String((match?.[1] ? variables[match[1]] : (match?.[2] ?? match?.[3])) ?? input[name] ?? '')
  }
  const comment = minimizeComment(github, actor, argument('subjectId'), argument('classifier'))
  return {
    data: {
      minimizeComment: { minimizedComment: { isMinimized: true, minimizedReason: comment.minimized } },
    },
  }
}
