/** Which pull requests get an automatic report: heads that flaked lately, once CI has finished. */
import { sql } from 'kysely'
import { newestEventFirst } from './newest-event.ts'
import type { Db } from './schema.ts'
import { flakeInScope, type Scope } from './scope.ts'

/** Repositories whose newest settings ask for automatic reports, as a comment or a check run. */
export async function readRepositoriesWithAutomaticReports(db: Db): Promise<number[]> {
  const { rows } = await sql<{ repository_id: number }>`select n.repository_id from (
      select distinct on (repository_id) repository_id, settings -> 'report' as report
      from settings order by repository_id, valid_from desc) n
    where n.report ->> 'automatic' = 'true' or n.report ->> 'check_run' = 'true'`.execute(db)
  return rows.map((row) => row.repository_id)
}

export interface FlakedHead {
  number: number
  head_sha: string
  /** The number of runs at the head and the time of the last one: the report depends on both. */
  runs: number
  last_at: string
}

/**
 * Newest heads of open pull requests that flaked since `times.since` in scope, where no run
 * completed after `times.quiet_since` and no Actions run is known to be in progress.
 */
export async function readFlakedHeads(
  db: Db,
  scope: Scope,
  times: { since: string; quiet_since: string },
): Promise<FlakedHead[]> {
  const { rows } =
    await sql<FlakedHead>`select f.number, f.head_sha, count(*) as runs, max(r.completed_at) as last_at
    from (select distinct r.repository_id, r.number, r.head_sha from flake r
      where ${flakeInScope(scope)} and r.flaked_at >= ${times.since}) f
    join run r on r.repository_id = f.repository_id and r.number = f.number and r.head_sha = f.head_sha
    join lateral (select e.head_sha, e.state from pull_request_event e where e.repository_id = f.repository_id
      and e.number = f.number and e.action <> 'before' order by ${newestEventFirst('e')} limit 1) newest
      on newest.head_sha = f.head_sha and newest.state = 'open'
    where not exists (select from workflow_run w where w.repository_id = f.repository_id and w.head_sha = f.head_sha
        and w.action <> 'completed' and not exists (select from workflow_run done
          where done.repository_id = w.repository_id and done.head_sha = w.head_sha and done.run_id = w.run_id
            and done.attempt >= w.attempt and done.action = 'completed'))
    group by f.number, f.head_sha having max(r.completed_at) <= ${times.quiet_since}
    order by f.number, f.head_sha`.execute(db)
  return rows
}

/** The state that each pull request was last reported in, by the key of its task. */
export async function readReportedStates(db: Db, repositoryId: number): Promise<Map<string, string>> {
  const { rows } = await sql<{
    task_key: string
    state: string
  }>`select task_key, payload ->> 'state' as state
    from outbox where repository_id = ${repositoryId} and kind = 'automatic'`.execute(db)
  return new Map(rows.map((row) => [row.task_key, row.state]))
}
