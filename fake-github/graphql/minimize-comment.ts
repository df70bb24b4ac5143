/** The `minimizeComment` mutation, which hides a comment as outdated. */
import { authorize } from '../actor.ts'
import { type Actor, Refusal } from '../route.ts'
import { type GitHubInstance, parseNodeId, repositoryById } from '../shapes/instance.ts'

/**
 * Minimizes the comment with this node id and returns it.
 * @throws {Refusal} 404 when the comment does not exist, 403 without the permission
 */
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
