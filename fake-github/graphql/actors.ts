/** Users and bots as GraphQL objects. */

import type { GitHubInstance } from '../shapes/instance.ts'
import { userShape } from '../shapes/users.ts'

/** An `Actor`; GraphQL leaves the `[bot]` out of a bot's login. A deleted account is `null`. */
export function actorObject(github: GitHubInstance, login: string): object | null {
  const user = userShape(github, login)
  if (user.login === 'ghost') return null
  return {
    __typename: user.type,
    id: user.node_id,
    databaseId: user.id,
    login: user.login.replace('[bot]', ''),
    url: user.html_url,
    avatarUrl: user.avatar_url,
  }
}
