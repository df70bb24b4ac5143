/**
 * Generates a repository in the database, by default with 300 runs a day: ten jobs on the heads of 30 pull requests. About one
 * in a hundred (head, job) flakes. More runs mean a longer history, not a busier day.
 */
import { sql } from 'kysely'
import type { Db } from '../src/db/schema.ts'

export const REPOSITORY_ID = 1
/** The end of the history, a Thursday noon (UTC). */
export const END = Date.UTC(2026, 0, 29, 12)
const FLAKY_EVERY = 97

/** A repository's properties except the length of its history. */
export interface Shape {
  id: number
  name: string
  jobs: number
  runsADay: number
}

export const WIDGETS: Shape = { id: REPOSITORY_ID, name: 'acme/widgets', jobs: 10, runsADay: 300 }

/** Names of the jobs of a repository. */
export function jobNames({ jobs }: Shape): string[] {
  return Array.from({ length: jobs }, (_, i) => `job ${i}`)
}

/** Adds a repository with `runs` runs to a migrated database. @returns the number of its newest pull request */
export async function generate(db: Db, runs: number, shape: Shape = WIDGETS): Promise<number> {
  const { id, name, jobs, runsADay } = shape
  const end = sql`${new Date(END).toISOString()}::timestamptz`
  const at = sql`${end} - make_interval(secs => (${runs}::bigint - i) * ${86_400 / runsADay}::float8)`
  const sha = sql`encode(sha256(('head ' || i / ${jobs})::bytea), 'hex')`
  const number = sql`(i / ${jobs} + 1)::int`
  const series = sql`generate_series(0::bigint, ${runs}::bigint - 1) as i`
  const flaky = sql`i % ${FLAKY_EVERY} = 0`
  await sql`insert into repository (repository_id, full_name, private, default_branch, reported_at)
    values (${id}, ${name}, false, 'main', ${end})`.execute(db)
  await sql`insert into job (repository_id, job_id, name, source, app)
    select ${id}, i, 'job ' || i, 'check_run', 'github-actions' from generate_series(0, ${jobs - 1}) as i`.execute(
    db,
  )
  const run = (
    key: string,
    outcome: ReturnType<typeof sql>,
    where: ReturnType<typeof sql>,
    earlier: number,
  ) =>
    sql`insert into run (repository_id, kind, number, run_key, head_sha, job_id, outcome, base_ref, base_sha, suite_id, started_at, completed_at)
      select ${id}, 'pull_request', ${number}, ${key} || i, left(${sha}, 40), i % ${jobs}, ${outcome}, 'main', repeat('b', 40), i / ${jobs},
        ${at} - make_interval(secs => ${earlier + 300}), ${at} - make_interval(secs => ${earlier}) from ${series} ${where}`.execute(
      db,
    )
  await run('check:', sql`case when i % 31 = 7 and not (${flaky}) then 'fail' else 'pass' end`, sql``, 0)
  await run('again:', sql`'fail'`, sql`where ${flaky}`, 60)
  await sql`insert into verdict (repository_id, job_id, head_sha, kind, number, flaky, judged_at)
    select ${id}, i % ${jobs}, left(${sha}, 40), 'pull_request', ${number}, ${flaky}, ${at} from ${series}
    where i % 31 <> 7 or ${flaky}`.execute(db)
  await sql`insert into flake (repository_id, head_sha, job_id, number, base_ref, pass_order, grade, runs, retested, retested_by_bot,
      first_failed_at, flaked_at, attribution, probability, counted, evidence, definition_version)
    select ${id}, left(${sha}, 40), i % ${jobs}, ${number}, 'main', 'pass_after_fail', 'strong', 2, false, false, ${at}, ${at},
      'not_caused_by_pr', 0.05, true, '{}', 1 from ${series} where ${flaky}`.execute(db)
  await sql`insert into pull_request_event (repository_id, number, reported_at, action, head_sha, head_ref, base_ref, base_sha, state,
      merged, draft, title, author, author_is_bot, labels, created_at)
    select ${id}, ${number}, ${at}, 'opened', left(${sha}, 40), 'change', 'main', repeat('b', 40), 'open', false, false, 'Change',
      'octocat', false, '[]', ${at} from ${series} where i % ${jobs} = 0`.execute(db)
  await sql`insert into stale_window (repository_id, changed_at, why)
    select ${id}, d, 'runs' from generate_series(${end} - make_interval(days => ${Math.ceil(runs / runsADay)}), ${end}, interval '1 day') d`.execute(
    db,
  )
  await sql`vacuum analyze`.execute(db)
  return Math.floor((runs - 1) / jobs) + 1
}
