/** Says what is missing from figures that were read over the API. */
import type { Db } from '../db/schema.ts'
import { readUnread } from '../db/unread.ts'

/** Prints what could not be read, and the days that GitHub no longer has, on standard error. */
export async function printUnread(db: Db, repositoryId: number): Promise<void> {
  for (const { what, from, to, why } of await readUnread(db, repositoryId))
    process.stderr.write(`Not read from ${day(from)} to ${day(to)}: ${what} (${why}).\n`)
}

function day(time: string): string {
  return time.slice(0, 10)
}
