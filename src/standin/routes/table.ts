/** Every operation the stand-in answers; a fixed path stands before one with a parameter in its place. */
import { answerGraphql } from '../graphql/route.ts'
import type { Route } from '../route.ts'
import { appRoutes } from './apps.ts'
import { commentRoutes } from './comments.ts'
import { issueRoutes } from './issues.ts'
import { pullRoutes } from './pulls.ts'
import { repositoryRoutes } from './repositories.ts'

export const ROUTES: Route[] = [
  { method: 'POST', path: '/graphql', who: 'signed-in', handle: answerGraphql },
  ...appRoutes,
  ...commentRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...repositoryRoutes,
]
