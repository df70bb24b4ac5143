/** The repositories that a command is about. */
import { readAllRepositories } from '../db/repositories.ts'
import type { Db, Row } from '../db/schema.ts'
import { UserError } from '../domain/user-error.ts'

/** The repository of that name, or all of them. @throws UserError when there is none */
export async function findRepositories(db: Db, name: string | undefined): Promise<Row<'repository'>[]> {
  const all = await readAllRepositories(db)
  const found =
    name === undefined ? all : all.filter((one) => one.full_name.toLowerCase() === name.toLowerCase())
  if (found.length > 0) return found
  if (name === undefined)
    throw new UserError(
      'Nothing is recorded in this database yet. Install the app, or feed it with replay --database-url.',
    )
  throw new UserError(
    `${name} is not in this database. It has: ${
      all
        .map((one) => one.full_name)
        .slice(0, 20)
        .join(', ') || 'no repository'
    }.`,
  )
}
