/** The schema that the migrations make. */
import { expect, test } from 'vitest'
import { migrate } from '../../src/db/migrate.ts'
import { eachDatabase } from '../support/database.ts'

eachDatabase((db) => {
  test('migrating again changes nothing', async () => {
    expect(await migrate(db())).toEqual([])
  })
})
