/** Opens and migrates the database of a command, and closes it afterwards. */

import { checkReachable, openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import type { Db } from '../db/schema.ts'

/** @param url `--database-url`; else `DATABASE_URL`, else the embedded folder `DATA_DIR` or `./data` */
export async function withDatabase<T>(url: string | undefined, work: (db: Db) => Promise<T>): Promise<T> {
  const where = url || process.env.DATABASE_URL || process.env.DATA_DIR || './data'
  const database = await checkReachable(await openDatabase(where))
  try {
    await migrate(database.db)
    return await work(database.db)
  } finally {
    await database.close()
  }
}
