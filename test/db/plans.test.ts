/**
 * Every query on the hot path restricts each table to one repository, also in its plan, so that tables can be distributed by
 * repository and other repositories cost nothing.
 */
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { deriveAll } from '../../src/derive/derive.ts'
import { closeWindows } from '../../src/derive/measure.ts'
import { readPullRequestReport } from '../../src/derive/report-data.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import { createRecorder } from '../../src/intake/record.ts'
import { useDatabase } from '../support/database.ts'
import { checkRunDelivery, commentDelivery, pullRequestDelivery } from '../support/deliveries.ts'
import { ms, REPOSITORY_ID } from '../support/facts.ts'

const db = useDatabase('PostgreSQL')
afterEach(() => vi.restoreAllMocks())

interface Query {
  text: string
  values: unknown[]
}

/** The queries that `work` sends to the server. */
async function queriesOf(work: () => Promise<unknown>): Promise<Query[]> {
  const queries: Query[] = []
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown
  vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const [first, values] = args
    const config = first as { text?: string; values?: unknown[] }
    const text = typeof first === 'string' ? first : (config.text ?? '')
    queries.push({ text, values: (typeof first === 'string' ? values : config.values) as unknown[] })
    return query.apply(this, args)
  } as never)
  await work()
  vi.restoreAllMocks()
  return queries
}

interface Node {
  'Node Type': string
  'Relation Name'?: string
  'Index Cond'?: string
  'Recheck Cond'?: string
  Filter?: string
  'Hash Cond'?: string
  'Merge Cond'?: string
  'Join Filter'?: string
  Plans?: Node[]
}

/** Tables that a plan scans without a condition on the repository, in the scan itself or in a join above it. */
function unbound(node: Node, above = ''): string[] {
  const joined = `${above} ${node['Hash Cond'] ?? ''} ${node['Merge Cond'] ?? ''} ${node['Join Filter'] ?? ''}`
  const conditions = `${node['Index Cond'] ?? ''} ${node['Recheck Cond'] ?? ''} ${node.Filter ?? ''} ${joined}`
  const isRead = node['Relation Name'] !== undefined && /Scan$/.test(node['Node Type'])
  const below = (node.Plans ?? []).flatMap((plan) => unbound(plan, joined))
  return isRead && !conditions.includes('repository_id') ? [node['Relation Name'] ?? '', ...below] : below
}

async function planOf({ text, values = [] }: Query): Promise<Node> {
  const client = new pg.Client(await address())
  await client.connect()
  try {
    await client.query('set enable_seqscan = off')
    const { rows } = await client.query(`explain (format json) ${text.replace('/* prepared */', '')}`, values)
    return rows[0]['QUERY PLAN'][0].Plan
  } finally {
    await client.end()
  }
}

async function address(): Promise<string> {
  const { rows } = await sql<{ name: string; port: string }>`select current_database() as name,
    current_setting('port') as port`.execute(db())
  return `postgres://postgres@127.0.0.1:${rows[0]?.port}/${rows[0]?.name}`
}

test('recording, deriving, closing windows and reporting read only rows of their repository', async () => {
  const queries = await queriesOf(async () => {
    const { record } = createRecorder(db(), { now: () => ms(60), tasks: true })
    await record(pullRequestDelivery())
    await record(checkRunDelivery({ id: 1, conclusion: 'failure', minute: 10 }))
    await record(checkRunDelivery({ id: 2, conclusion: 'success', minute: 20 }))
    await record(commentDelivery({ body: '/flake-report' }))
    await deriveAll(db(), { settingsOf: async () => DEFAULT_SETTINGS, now: ms(60) })
    await closeWindows(db(), REPOSITORY_ID, DEFAULT_SETTINGS, ms(20_000))
    const repository = await db().selectFrom('repository').selectAll().executeTakeFirstOrThrow()
    await readPullRequestReport(db(), repository, 7, DEFAULT_SETTINGS, ms(60))
  })
  const work = queries.filter(({ text }) =>
    /^(?:\/\* prepared \*\/ )?(?:select|with|insert|update|delete)/i.test(text),
  )
  expect(work.length).toBeGreaterThan(20)
  const unboundReads: string[] = []
  for (const query of work) {
    const tables = unbound(await planOf(query))
    if (tables.length > 0) unboundReads.push(`${tables.join(', ')}: ${query.text.slice(0, 80)}`)
  }
  const isExpected = (read: string) =>
    /^stale_head, stale_verdict, stale_window|^repository: select \* from "repository"/.test(read)
  expect(unboundReads.filter((read) => !isExpected(read))).toEqual([])
}, 120_000)
