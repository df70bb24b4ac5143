/** Everything that was derived about a repository, in a form that two repositories can be compared by. */
import { sql } from 'kysely'
import { readReport } from '../../src/cli/report-json.ts'
import type { Db } from '../../src/db/schema.ts'
import type { Settings } from '../../src/domain/settings.ts'

const TABLES = [
  ...['run', 'verdict', 'flake', 'sla_window', 'pull_request', 'correction'],
  ...['incident', 'repository_model', 'change_point', 'gate'],
]

/** Traces of how and when the program came to the answer, which may differ. */
const TRACES = new Set(['repository_id', 'revision', 'revised_at', 'measured_at', 'why', 'reported_at'])

/** The derived rows by table, each as a line of JSON in sorted order, and the JSON report as lines. */
export async function derivedState(
  db: Db,
  repositoryId: number,
  settings: Settings,
): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {}
  for (const table of TABLES) {
    const newest =
      table === 'sla_window'
        ? sql`and not exists (select from sla_window w where w.repository_id = t.repository_id
      and w.kind = t.kind and w.start = t.start and w.revision > t.revision)`
        : sql``
    const { rows } = await sql<object>`select t.* from ${sql.table(table)} t
      where t.repository_id = ${repositoryId} ${newest}`.execute(db)
    state[table] = rows
      .filter((row) => !isEmptyWindow(row))
      .map((row) => JSON.stringify(row, withoutTraces))
      .sort()
  }
  const repository = await db
    .selectFrom('repository')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst()
  state.name = [`${repository?.full_name} ${repository?.private} ${repository?.default_branch}`]
  if (repository)
    state.report = JSON.stringify(await readReport(db, repository, settings), withoutTraces, 1).split('\n')
  return state
}

/** A window that lost its last run stays, with figures of zero; one that never had a run does not exist. */
function isEmptyWindow(row: object): boolean {
  return 'left_out' in row && 'prs' in row && row.prs === 0 && JSON.stringify(row.left_out) === '{}'
}

function withoutTraces(key: string, value: unknown): unknown {
  return TRACES.has(key) ? undefined : value
}
