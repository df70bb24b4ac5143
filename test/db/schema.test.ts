/** `src/db/schema.ts` is written by hand. It is compared with the database here, and deliberate mistakes prove the comparison. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { schemaDifferences } from '../../scripts/schema-types.ts'
import { eachDatabase } from '../support/database.ts'

const SOURCE = readFileSync(new URL('../../src/db/schema.ts', import.meta.url), 'utf8')

eachDatabase((db) => {
  test('every column is declared with its type, its nullability and its default', async () => {
    expect(await schemaDifferences(db(), SOURCE)).toEqual([])
  })

  test.each<[string, string, string, string]>([
    [
      'a missing column',
      '  default_branch: string | null\n',
      '',
      'repository.default_branch is not declared',
    ],
    [
      'an extra column',
      '  private: boolean\n',
      '  private: boolean\n  fork: boolean\n',
      'repository.fork is not in the database',
    ],
    ['a missing table', '  tick: TickTable\n', '', 'tick.slot is not declared'],
    [
      'a column declared as nullable that is not',
      '  private: boolean\n',
      '  private: boolean | null\n',
      'repository.private is not nullable',
    ],
    [
      'a nullable column that is not declared as such',
      '  default_branch: string | null\n',
      '  default_branch: string\n',
      'repository.default_branch is nullable',
    ],
    [
      'a wrong type',
      '  private: boolean\n',
      '  private: string\n',
      'repository.private is boolean, not string',
    ],
    [
      'a declared default that does not exist',
      '  private: boolean\n',
      '  private: Generated<boolean>\n',
      'repository.private has no default or identity',
    ],
    [
      'a default that is not declared',
      '  tries: Generated<number>\n',
      '  tries: number\n',
      'orphan_head.tries has a default or identity',
    ],
  ])('%s is reported as a difference', async (_name, text, mistake, difference) => {
    expect(SOURCE).toContain(text)
    expect(await schemaDifferences(db(), SOURCE.replace(text, mistake))).toContain(difference)
  })
})
