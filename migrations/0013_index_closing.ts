/** Indexes for closing windows, which read every window of a repository, and all runs of a window to find the few that count for nothing. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index sla_window_open on sla_window (repository_id, ends_at) where not closed`.execute(db)
  await sql`create index run_left_out on run (repository_id, completed_at)
    where outcome not in ('pass', 'fail') and kind = 'pull_request'`.execute(db)
}
