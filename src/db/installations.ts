/** Installations of the app: the newest word stands. */
import { type Kysely, sql } from 'kysely'
import type { InstallationFact } from '../domain/facts.ts'
import type { Database } from './schema.ts'

/** Keeps whether an installation is suspended. The end of a suspension leaves a gap in all of its repositories. */
export async function tellInstallations(
  db: Kysely<Database>,
  told: readonly InstallationFact[],
): Promise<void> {
  for (const { installation_id, told_at, suspended_at } of told) {
    const before = await db
      .selectFrom('installation')
      .selectAll()
      .where('installation_id', '=', installation_id)
      .executeTakeFirst()
    if (before && Date.parse(before.told_at) >= Date.parse(told_at)) continue
    if (before?.suspended_at && !suspended_at)
      await sql`insert into gap (repository_id, from_at, to_at, reason)
        select repository_id, ${before.suspended_at}::timestamptz, ${told_at}::timestamptz, 'the app was suspended'
        from repository where installation_id = ${installation_id} and removed_at is null
        on conflict do nothing`.execute(db)
    const row = { installation_id, told_at, suspended_at }
    await db
      .insertInto('installation')
      .values(row)
      .onConflict((conflict) => conflict.column('installation_id').doUpdateSet(row))
      .execute()
  }
}
