/** Keeps the row of each repository and installation as of the newest reports about it. */
import { type RawBuilder, sql } from 'kysely'
import type { InstallationFact, RepositoryFact } from '../domain/facts.ts'
import {
  holderOf,
  isDoubtful,
  isPrivate,
  type Membership,
  type RepositoryState,
  withReport,
} from '../domain/repository.ts'
import type { Db, Row } from './schema.ts'

/**
 * Whether one of the reports may change a row, as a condition in SQL. Almost every delivery says what is known, and must not
 * lock the row that all writers write about.
 */
export function mayChange(reports: readonly RepositoryFact[]): RawBuilder<unknown> {
  return sql`select 1 from json_to_recordset(${JSON.stringify(reports)}::json) as n(repository_id bigint, full_name text,
      private boolean, default_branch text, installation_id bigint, reported_at timestamptz, timing text, membership text)
    left join repository k on k.repository_id = n.repository_id
    where k.repository_id is null or k.removed_at is not null or n.membership <> 'seen'
      or coalesce(n.installation_id <> k.installation_id, n.installation_id is not null)
      or (n.private and n.reported_at > coalesce(k.private_at, '-infinity'))
      or (not n.private and n.timing = 'own' and n.reported_at > coalesce(k.public_at, '-infinity'))
      or (n.timing <> 'list' and (k.listed or n.reported_at > k.reported_at or (n.reported_at = k.reported_at
        and (n.full_name <> k.full_name or coalesce(n.default_branch, '') <> coalesce(k.default_branch, '')))))`
}

/** Compares two times; most are written in one form, whose order is that of the text. */
function isLater(a: string, b: string): boolean {
  return a.length === b.length && a.endsWith('Z') && b.endsWith('Z') ? a > b : Date.parse(a) > Date.parse(b)
}

/** Reports with equal content; of these only the newest, since almost every delivery says the same. */
export function distinctReports(reports: readonly RepositoryFact[]): RepositoryFact[] {
  const newest = new Map<string, RepositoryFact>()
  for (const fact of reports) {
    const { repository_id, full_name, default_branch, installation_id, timing, membership } = fact
    const key = `${repository_id} ${full_name} ${fact.private} ${installation_id} ${timing} ${membership} ${default_branch}`
    const other = newest.get(key)
    if (!other || isLater(fact.reported_at, other.reported_at)) newest.set(key, fact)
  }
  return [...newest.values()]
}

/** Adds reports to the rows. Call it in a transaction. @returns the reports about which GitHub should be asked */
export async function saveReports(trx: Db, reports: readonly RepositoryFact[]): Promise<RepositoryFact[]> {
  const byId = [...Map.groupBy(reports, (report) => report.repository_id)].sort(([a], [b]) => a - b)
  const doubtful: RepositoryFact[] = []
  for (const [repositoryId, own] of byId) {
    await addUnknown(trx, repositoryId, own)
    const before = await lockState(trx, repositoryId)
    const after = own.reduce<RepositoryState | null>(withReport, before)
    if (after === null) continue
    await saveState(trx, repositoryId, after, new Set(before?.memberships))
    doubtful.push(...own.filter((report) => isDoubtful(after, report)))
  }
  return doubtful
}

/** The time of a row about which nothing is known yet. */
const NOTHING = '0001-01-01T00:00:00Z'

/** Adds a row for the others to wait for. It says nothing: what the reports say is added to it under its lock. */
async function addUnknown(trx: Db, repositoryId: number, [first]: readonly RepositoryFact[]): Promise<void> {
  await trx
    .insertInto('repository')
    .values({
      ...{ repository_id: repositoryId, full_name: first?.full_name ?? '', private: false },
      ...{ default_branch: null, installation_id: null, removed_at: null },
      ...{ reported_at: NOTHING, listed: true, private_at: null, public_at: null },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The state of a repository, whose row stays locked; null for a row that says nothing yet. */
async function lockState(trx: Db, repositoryId: number): Promise<RepositoryState | null> {
  const row = await trx
    .selectFrom('repository')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .forUpdate()
    .executeTakeFirst()
  if (!row || Date.parse(row.reported_at) === Date.parse(NOTHING)) return null
  const memberships = await trx
    .selectFrom('repository_installation')
    .select(['installation_id', 'changed_at', 'state'])
    .where('repository_id', '=', repositoryId)
    .execute()
  return { ...row, private_at: privateAt(row), memberships: withHolder(row, memberships) }
}

/** Rows that were not made from reports, such as those of `scan`, have no times of their visibility. */
function privateAt(row: Row<'repository'>): string | null {
  return row.private && row.private_at === null ? row.reported_at : row.private_at
}

function withHolder(
  { installation_id, removed_at, reported_at }: Row<'repository'>,
  memberships: Membership[],
): Membership[] {
  if (installation_id === null || memberships.some((known) => known.installation_id === installation_id))
    return memberships
  const changed_at = removed_at ?? reported_at
  return [...memberships, { installation_id, changed_at, state: removed_at === null ? 'seen' : 'removed' }]
}

/** @param known memberships that need not be written again */
async function saveState(
  trx: Db,
  repositoryId: number,
  state: RepositoryState,
  known: ReadonlySet<Membership>,
): Promise<void> {
  const { memberships, full_name, default_branch, reported_at, listed, private_at, public_at } = state
  const dates = { reported_at, listed, private_at, public_at }
  await trx
    .updateTable('repository')
    .set({ full_name, default_branch, ...dates, private: isPrivate(state), ...holderOf(state) })
    .where('repository_id', '=', repositoryId)
    .execute()
  for (const { installation_id, changed_at, state: said } of memberships.filter(
    (member) => !known.has(member),
  ))
    await trx
      .insertInto('repository_installation')
      .values({ repository_id: repositoryId, installation_id, changed_at, state: said })
      .onConflict((conflict) =>
        conflict.columns(['repository_id', 'installation_id']).doUpdateSet({ changed_at, state: said }),
      )
      .execute()
}

/**
 * Keeps the newest report about each installation. When a suspension ends, each of its repositories gets a gap. Of two reports
 * with one time, the end of a suspension is kept: GitHub dates both by the suspension.
 */
export async function saveInstallations(trx: Db, reports: readonly InstallationFact[]): Promise<void> {
  for (const { installation_id, reported_at, suspended_at, changed_at } of reports) {
    await trx
      .insertInto('installation')
      .values({ installation_id, reported_at: NOTHING, suspended_at: null, resumed_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const before = await trx
      .selectFrom('installation')
      .selectAll()
      .where('installation_id', '=', installation_id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const newer = Date.parse(reported_at) - Date.parse(before.reported_at)
    const isNewer = newer > 0 || (newer === 0 && suspended_at === null)
    const resumed_at = suspended_at === null ? changed_at : null
    if (isNewer)
      await trx
        .updateTable('installation')
        .set({ reported_at, suspended_at, resumed_at })
        .where('installation_id', '=', installation_id)
        .execute()
    const began = isNewer ? before.suspended_at : suspended_at
    const ended = isNewer ? resumed_at : before.resumed_at
    if (began && ended && Date.parse(began) < Date.parse(ended))
      await addGaps(trx, installation_id, began, ended)
  }
}

async function addGaps(trx: Db, installationId: number, from: string, to: string): Promise<void> {
  await sql`insert into gap (repository_id, from_at, to_at, reason)
    select repository_id, ${from}::timestamptz, ${to}::timestamptz, 'the app was suspended'
    from repository where installation_id = ${installationId} and removed_at is null
    on conflict do nothing`.execute(trx)
}
