/** The schema as SQL, read from the catalog of a migrated database, for `docs/schema.sql`. */
import { type Kysely, sql } from 'kysely'
import type { Database } from '../src/db/schema.ts'

interface Column {
  table: string
  line: string
}

interface Index {
  table: string
  definition: string
}

/** The tables in alphabetical order, each with columns, key and indexes, without Kysely's own tables. */
export async function dumpSchema(db: Kysely<Database>): Promise<string> {
  const columns = await sql<Column>`select c.relname as table, format('  %s %s%s%s', quote_ident(a.attname),
      format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end,
      case when a.attidentity <> '' then ' generated always as identity'
        when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end) as line
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname not like 'kysely\\_%'
    order by c.relname collate "C", a.attnum`.execute(db)
  const constraints = await sql<Column>`select r.relname as table, '  ' ||
      replace(replace(replace(pg_get_constraintdef(c.oid), 'PRIMARY KEY', 'primary key'),
        'UNIQUE', 'unique'), 'NULLS NOT DISTINCT', 'nulls not distinct') as line
    from pg_constraint c join pg_class r on r.oid = c.conrelid
    where r.relnamespace = 'public'::regnamespace and c.contype in ('p', 'u', 'f', 'c')
    order by c.contype desc, c.conname collate "C"`.execute(db)
  const indexes = await sql<Index>`select t.relname as table, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class t on t.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
    where t.relnamespace = 'public'::regnamespace and not exists (
      select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))
    order by x.relname collate "C"`.execute(db)
  const tables = [...new Set(columns.rows.map((column) => column.table))]
  const written = tables.map((table) => {
    const of = (rows: Column[]) => rows.filter((row) => row.table === table).map((row) => row.line)
    const lines = [...of(columns.rows), ...of(constraints.rows)].join(',\n')
    const own = indexes.rows
      .filter((index) => index.table === table)
      .map((index) => indexLine(index.definition))
    return [`create table ${table} (\n${lines}\n);`, ...own].join('\n')
  })
  return `-- What the migrations make, written by \`npm run docs\`.\n\n${written.join('\n\n')}\n`
}

function indexLine(definition: string): string {
  return `${definition
    .replace('CREATE UNIQUE INDEX', 'create unique index')
    .replace('CREATE INDEX', 'create index')
    .replace(/ ON (?:ONLY )?public\./, ' on ')
    .replace(' USING btree', '')
    .replace(/ WHERE \((.*)\)$/, ' where $1')};`
}
