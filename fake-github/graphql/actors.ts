/** People and bots as GraphQL objects. */
import { userShape } from '../shapes/users.ts'
import type { World } from '../shapes/world.ts'

/** An `Actor`; GraphQL leaves the `[bot]` out of a bot's login. A deleted account is `null`. */
export function actorObject(world: World, login: string): object | null {
  const user = userShape(world, login)
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
