/** Every operation of the fake GitHub. Fixed paths come before paths with a parameter in the same position. */
import { answerGraphql } from '../graphql/route.ts'
import type { Route } from '../route.ts'
import { actionJobRoutes } from './action-jobs.ts'
import { actionRoutes } from './actions.ts'
import { appRoutes } from './apps.ts'
import { branchRoutes } from './branches.ts'
import { checkRoutes } from './checks.ts'
import { commentRoutes } from './comments.ts'
import { commitRoutes } from './commits.ts'
import { deliveryRoutes } from './deliveries.ts'
import { issueRoutes } from './issues.ts'
import { oauthRoutes } from './oauth.ts'
import { pullRoutes } from './pulls.ts'
import { repositoryRoutes } from './repositories.ts'

export const ROUTES: Route[] = [
  { method: 'POST', path: '/graphql', who: 'signed-in', undescribed: true, handle: answerGraphql },
  ...appRoutes,
  ...commentRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...repositoryRoutes,
  ...branchRoutes,
  ...commitRoutes,
  ...checkRoutes,
  ...actionRoutes,
  ...actionJobRoutes,
  ...deliveryRoutes,
  ...oauthRoutes,
]
