/** Finds out whether another bot already carries out re-run commands in a repository. */
import { sql } from 'kysely'
import type { Db } from './schema.ts'

/**
 * Who answers `/retest` besides this app: Prow, recognised by its statuses, or a bot that re-ran a workflow within ten minutes after
 * a command. Null when nobody did since `since` (RFC 3339).
 * @param ownLogin the login of this app's bot, whose re-runs are ignored
 * @param bots logins of further robots, in any case
 */
export async function readOtherRetester(
  db: Db,
  repositoryId: number,
  { since, ownLogin, bots }: { since: string; ownLogin: string; bots: readonly string[] },
): Promise<string | null> {
  const prow =
    await sql`select from observation where repository_id = ${repositoryId} and reported_at >= ${since}
    and source = 'status' and (name = 'tide' or description like '% BaseSHA:%') limit 1`.execute(db)
  if (prow.rows.length > 0) return 'Prow'
  const named = bots.map((login) => login.toLowerCase())
  const retesters = await sql<{ actor: string }>`select w.actor from workflow_run w
    join pull_request_event p on p.repository_id = w.repository_id and p.head_sha = w.head_sha
    join comment c on c.repository_id = p.repository_id and c.number = p.number
    where w.repository_id = ${repositoryId} and w.started_at >= ${since} and w.attempt > 1
      and (w.actor_is_bot or lower(w.actor) = any(${named}))
      and w.actor <> ${ownLogin} and not (c.author_is_bot or lower(c.author) = any(${named})) and c.body ~ '(^|\n)/(retest|test )'
      and c.reported_at between w.started_at - interval '10 minutes' and w.started_at limit 1`.execute(db)
  return retesters.rows[0]?.actor ?? null
}
