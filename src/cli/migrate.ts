/** `migrate`: applies all migrations to a database. The server does the same when it starts. */
import { Command } from 'commander'
import { openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'

/** The command, for the program to add. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('apply all migrations to the database')
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .action(async ({ databaseUrl }: { databaseUrl?: string }) => {
      const database = await openDatabase(
        databaseUrl || process.env.DATABASE_URL || process.env.DATA_DIR || './data',
      )
      try {
        const applied = await migrate(database.db)
        process.stdout.write(
          applied.length === 0 ? 'The schema is up to date.\n' : `Applied ${applied.join(', ')}.\n`,
        )
      } finally {
        await database.close()
      }
    })
}
