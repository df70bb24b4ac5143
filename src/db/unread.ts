/** What a backfill could not read, and the days that GitHub no longer has. */
import { sql } from 'kysely'
import { PAGE_CONTENTS, type PageKind } from '../domain/backfill-page.ts'
import { readBackfill } from './backfill.ts'
import type { Db, Row } from './schema.ts'

/** A part of a repository's history that is missing from the figures. */
export interface Unread {
  what: string
  /** RFC 3339: the time that it is about, `to` exclusive. */
  from: string
  to: string
  /** GitHub's message, or a sentence. */
  why: string
}

/** Everything that is missing from the newest backfill of a repository. */
export async function readUnread(db: Db, repositoryId: number): Promise<Unread[]> {
  const backfill = await readBackfill(db, repositoryId)
  return backfill ? [...deleted(backfill), ...(await readProblems(db, backfill))] : []
}

const RESULTS = 'check runs, workflow runs and statuses'

/** Days that were asked for and that GitHub does not have, or may not have, any more. */
function deleted(backfill: Row<'backfill'>): Unread[] {
  const { wanted_since, complete_since, results_since, kept_days } = backfill
  const all: Unread[] = []
  if (kept_days !== null && Date.parse(wanted_since) < Date.parse(complete_since)) {
    const why = `GitHub no longer has these days: it keeps them for ${kept_days} days`
    all.push({ what: RESULTS, from: iso(wanted_since), to: iso(complete_since), why })
  }
  if (results_since !== null) {
    const why =
      'GitHub returned no results of these days. It may no longer have them: how long it keeps them is unknown, because the setting could not be read (Administration: read)'
    all.push({ what: RESULTS, from: iso(complete_since), to: iso(results_since), why })
  }
  return all
}

interface Problem {
  kind: PageKind
  pages: number
  problem: string
  from: string | null
  to: string | null
}

/** What GitHub refused, by kind and reason. */
async function readProblems(
  db: Db,
  { repository_id, since, started_at }: Row<'backfill'>,
): Promise<Unread[]> {
  const { rows } = await sql<Problem>`select kind, problem, count(*) as pages,
      payload->>'from' as from, payload->>'to' as to from backfill_page
    where repository_id = ${repository_id} and done_at is not null and problem is not null
    group by kind, problem, payload->>'from', payload->>'to' order by kind, problem, "from"`.execute(db)
  return rows.map(({ kind, pages, problem, from, to }) => ({
    what: `${PAGE_CONTENTS[kind] ?? kind}, ${pages} ${pages === 1 ? 'page' : 'pages'}`,
    from: iso(from ?? since),
    to: iso(to ?? started_at),
    why: problem,
  }))
}

/** Since when the figures of a repository are complete (epoch ms); null if no history was read. */
export async function readCompleteSince(db: Db, repositoryId: number): Promise<number | null> {
  const backfill = await readBackfill(db, repositoryId)
  return backfill ? Date.parse(backfill.results_since ?? backfill.complete_since) : null
}

function iso(time: string): string {
  return new Date(time).toISOString()
}
