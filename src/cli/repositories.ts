/** Finds the repositories of a command. */
import { readAllRepositories } from '../db/repositories.ts'
import type { Db, Row } from '../db/schema.ts'
import { UserError } from '../domain/user-error.ts'

/** The repository with that name, or all. @throws UserError when there is none */
export async function findRepositories(db: Db, name: string | undefined): Promise<Row<'repository'>[]> {
  const all = await readAllRepositories(db)
  const found =
    name === undefined ? all : all.filter(({ full_name }) => full_name.toLowerCase() === name.toLowerCase())
  if (found.length > 0) return found
  if (name === undefined)
    throw new UserError(
      'The database has no repositories yet. Install the app, or run replay --database-url.',
    )
  throw new UserError(
    `${name} is not in this database. It has: ${
      all
        .slice(0, 20)
        .map(({ full_name }) => full_name)
        .join(', ') || 'no repositories'
    }.`,
  )
}
