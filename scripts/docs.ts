/** Rewrites the generated parts of the documentation; tests compare them, so CI fails while they are old. */
import { writeFileSync } from 'node:fs'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { dumpSchema } from './schema.ts'

const database = await openDatabase('memory')
await migrate(database.db)
writeFileSync(new URL('../docs/schema.sql', import.meta.url), await dumpSchema(database.db))
await database.close()
