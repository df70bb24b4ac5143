/** Queries about the stored windows of many repositories. */
import { sql } from 'kysely'
import type { Db, Row } from '../../db/schema.ts'
import type { WindowKind } from '../../domain/window.ts'

/** The latest revision of each window that starts within `[from, to]`, of many repositories, oldest first. */
export async function readWindowsOf(
  db: Db,
  repositoryIds: readonly number[],
  kind: WindowKind,
  range: { from: string; to: string },
): Promise<Row<'sla_window'>[]> {
  const { rows } = await sql<Row<'sla_window'>>`
    select distinct on (w.repository_id, w.start) w.* from unnest(${[...repositoryIds]}::bigint[]) as r(id)
    join sla_window w on w.repository_id = r.id and w.kind = ${kind} and w.start >= ${range.from} and w.start <= ${range.to}
    order by w.repository_id, w.start, w.definition_version desc, w.revision desc`.execute(db)
  return rows
}

/** For each repository, its newest window within `[from, to]` that has a tested pull request. Some have none. */
export async function readNewestWindows(
  db: Db,
  repositoryIds: readonly number[],
  kind: WindowKind,
  range: { from: string; to: string },
): Promise<Map<number, Row<'sla_window'>>> {
  // Reads the primary key backwards: one or two rows per repository, however long its history is.
  const { rows } = await sql<
    Row<'sla_window'>
  >`select w.* from unnest(${[...repositoryIds]}::bigint[]) as r(id)
    cross join lateral (
      select * from (
        select distinct on (start) * from sla_window
        where repository_id = r.id and kind = ${kind} and start >= ${range.from} and start <= ${range.to}
        order by start desc, definition_version desc, revision desc
      ) newest where prs > 0 order by start desc limit 1
    ) w`.execute(db)
  return new Map(rows.map((row) => [row.repository_id, row]))
}

/** Whether any of these repositories has a window. */
export async function hasWindows(db: Db, repositoryIds: readonly number[]): Promise<boolean> {
  const { rows } = await sql<{
    found: boolean
  }>`select exists (select 1 from unnest(${[...repositoryIds]}::bigint[]) as r(id)
    join sla_window w on w.repository_id = r.id) as found`.execute(db)
  return rows[0]?.found ?? false
}
