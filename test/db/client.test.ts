/** Opening databases: both kinds return the same types, and only one process can open an embedded folder. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { checkReachable, openDatabase } from '../../src/db/client.ts'
import { UserError } from '../../src/domain/user-error.ts'
import { eachDatabase } from '../support/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'flake-sla-client-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

eachDatabase((db, kind) => {
  test('numbers, times, days and JSON have the same types on both databases', async () => {
    const { rows } =
      await sql`select 9007199254740991::bigint as big, count(*) as counted, 0.1::float8 as rate,
      '2026-02-02T10:00:00.5+01:00'::timestamptz as at, date '2026-02-02' as day, '{"a": [1, null]}'::jsonb as json,
      null::text as nothing from generate_series(1, 3)`.execute(db())
    expect(rows).toEqual([
      {
        big: 9_007_199_254_740_991,
        counted: 3,
        rate: 0.1,
        at: '2026-02-02T09:00:00.500Z',
        day: '2026-02-02',
        json: { a: [1, null] },
        nothing: null,
      },
    ])
  })

  test('a long text with quotes and unusual characters survives the round trip', async () => {
    const text = `'";--\u202e\u{1f9ea}${'x'.repeat(100_000)}`
    const { rows } = await sql<{ text: string }>`select ${text}::text as text`.execute(db())
    expect(rows[0]?.text).toBe(text)
  })

  test(`a transaction that fails on ${kind} leaves no rows`, async () => {
    const reported_at = '2026-02-02T09:00:00.000Z'
    const failing = db()
      .transaction()
      .execute(async (trx) => {
        await trx
          .insertInto('repository')
          .values({ repository_id: 1, full_name: 'a/b', private: false, reported_at })
          .execute()
        throw new Error('stop')
      })
    await expect(failing).rejects.toThrow('stop')
    expect(await db().selectFrom('repository').selectAll().execute()).toEqual([])
  })
})

describe('a data folder', () => {
  const client = new URL('../../src/db/client.ts', import.meta.url).href
  /** Opens the folder in another process. @returns the exit code and output of that process */
  async function openElsewhere(path: string): Promise<{ code: number | null; output: string }> {
    const code = `const { openDatabase } = await import(${JSON.stringify(client)})
      try { await (await openDatabase(${JSON.stringify(path)})).close(); console.log('opened') }
      catch (error) { console.log(error.name + ': ' + error.message); process.exitCode = 2 }`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    return new Promise((resolve) => child.once('close', (status) => resolve({ code: status, output })))
  }

  test('cannot be opened by another process until it is closed', async () => {
    const path = join(folder, 'shared')
    const open = await openDatabase(path)
    const refused = await openElsewhere(path)
    expect(refused.code).toBe(2)
    expect(refused.output).toMatch(
      /^UserError: The data folder .*shared is in use by another flake-sla process\./,
    )
    await open.close()
    expect(await openElsewhere(path)).toEqual({ code: 0, output: 'opened\n' })
  })

  test('cannot be opened twice by one process', async () => {
    const path = join(folder, 'twice')
    const open = await openDatabase(path)
    await expect(openDatabase(path)).rejects.toThrow(UserError)
    await open.close()
  })

  test('cannot be a file', async () => {
    const path = join(folder, 'file')
    writeFileSync(path, 'not a folder')
    await expect(openDatabase(path)).rejects.toThrow(/file/)
    await expect(openDatabase(path)).rejects.toThrow(UserError)
  })
})

test('the name of a PostgreSQL database does not contain the password', async () => {
  const open = await openDatabase('postgres://someone:secret@127.0.0.1:1/name', { poolSize: 1 })
  expect(open.name).toBe('127.0.0.1:1')
  await open.close()
})

test('a PostgreSQL server that cannot be reached causes a UserError without the password', async () => {
  const open = await openDatabase('postgres://someone:secret@127.0.0.1:1/name')
  const error = await checkReachable(open).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  expect((error as Error).message).toMatch(
    /^Cannot use the database at 127\.0\.0\.1:1: .*ECONNREFUSED.* is DATABASE_URL right\?$/,
  )
})
