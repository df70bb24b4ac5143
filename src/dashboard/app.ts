/** One page, until the dashboard's own issue. */
import { Hono } from 'hono'
import type { Db } from '../db/client.ts'
import type { Policy } from '../domain/policy.ts'

export interface DashboardDeps {
  db: Db
  now: () => number
  policyOf(repositoryId: number): Promise<Policy>
  publicUrl: string | null
  githubUrl: string
}
export function dashboard(_deps: DashboardDeps): Hono {
  const app = new Hono()
  app.get('/', (c) => c.text('flake-sla'))
  return app
}
