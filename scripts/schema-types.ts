/** Compares the columns that `src/db/schema.ts` declares with those of a migrated database. */
import { sql } from 'kysely'
import type { Db } from '../src/db/schema.ts'

/** PostgreSQL types by the TypeScript type of a column; every other name is a union of texts. */
const TYPES: Record<string, readonly string[]> = {
  number: ['bigint', 'integer', 'double precision'],
  boolean: ['boolean'],
  Time: ['timestamp with time zone'],
  Json: ['jsonb'],
}
const TEXTS = ['text', 'date']

interface DatabaseColumn {
  table: string
  column: string
  type: string
  nullable: boolean
  generated: boolean
}

/**
 * What differs, as sentences; empty when the types fit the database. A column is declared on a separate line, as
 * Biome formats it. @param source of `src/db/schema.ts`
 */
export async function schemaDifferences(db: Db, source: string): Promise<string[]> {
  const declared = declaredColumns(source)
  const { rows } =
    await sql<DatabaseColumn>`select table_name as table, column_name as column, data_type as type,
      is_nullable = 'YES' as nullable, column_default is not null or is_identity = 'YES' as generated
    from information_schema.columns where table_schema = 'public' and table_name not like 'kysely\\_%'`.execute(
      db,
    )
  const differences = rows.flatMap((row) => {
    const name = `${row.table}.${row.column}`
    const type = declared.get(name)
    declared.delete(name)
    return type === undefined ? [`${name} is not declared`] : columnDifferences(name, type, row)
  })
  return [...differences, ...[...declared.keys()].map((name) => `${name} is not in the database`)].sort()
}

function columnDifferences(name: string, declared: string, row: DatabaseColumn): string[] {
  const [, generated, inner = ''] = /^(?:(Generated)<(.*)>)?/.exec(declared) ?? []
  // Without type arguments, what is left is the union of the column itself.
  const union = (generated ? inner : declared).replace(/<.*>/, '').split('|')
  const members = union.map((member) => member.trim())
  const [base = ''] = members
  const isNullable = members.includes('null')
  // A ColumnType names a text that is no time, or a number of more digits than a JavaScript number holds.
  const types = base === 'ColumnType' ? [...TEXTS, 'bigint'] : (TYPES[base] ?? TEXTS)
  return [
    isNullable === row.nullable ? [] : [`${name} is ${row.nullable ? '' : 'not '}nullable`],
    types.includes(row.type) ? [] : [`${name} is ${row.type}, not ${base}`],
    (generated !== undefined) === row.generated
      ? []
      : [`${name} has ${row.generated ? 'a' : 'no'} default or identity`],
  ].flat()
}

/** The TypeScript type of each column, by `table.column`. */
function declaredColumns(source: string): Map<string, string> {
  const interfaces = new Map(
    [...source.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name = '', body = '']) => [
      name,
      [...body.matchAll(/^ {2}(\w+): (.+)$/gm)].map(([, key = '', type = '']) => [key, type] as const),
    ]),
  )
  const tables = interfaces.get('Database') ?? []
  return new Map(
    tables.flatMap(([table, name]) =>
      (interfaces.get(name) ?? []).map(([column, type]) => [`${table}.${column}`, type] as const),
    ),
  )
}
