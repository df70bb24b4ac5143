/** The embedded database's folder: opened twice, copied while open, and damaged. */
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startAppProcess } from '../../bench/processes.ts'
import { openDatabase } from '../../src/db/client.ts'
import { UserError } from '../../src/domain/user-error.ts'
import { deliveriesOfHeads, figuresOf, lost, post } from './crash.ts'

const folder = mkdtempSync(join(tmpdir(), 'flake-sla-folder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a second process refuses an open folder, the first continues, and a copy contains what was acknowledged', async () => {
  const data = join(folder, 'data')
  const deliveries = deliveriesOfHeads(20)
  const app = await startAppProcess(data)
  const acknowledged = new Set<string>()
  for (const delivery of deliveries) {
    expect(await post(app.url, delivery)).toBe(202)
    acknowledged.add(delivery.id)
  }
  await expect(startAppProcess(data)).rejects.toThrow(/ended with 2: .*in use by another flake-sla process/s)
  await expect(openDatabase(data)).rejects.toThrow(UserError)
  cpSync(data, join(folder, 'copy'), { recursive: true })
  expect(await post(app.url, deliveries[0] as (typeof deliveries)[number])).toBe(202)
  await app.stop()
  expect(await lost(data, acknowledged)).toEqual([])
  expect(await lost(join(folder, 'copy'), acknowledged)).toEqual([])
  const [first, second] = await Promise.all(['data', 'copy'].map(figures))
  expect(second).toEqual(first)
}, 120_000)

test('a folder with a truncated file is refused with an error message', async () => {
  const data = join(folder, 'data')
  const truncated = join(folder, 'truncated')
  cpSync(data, truncated, { recursive: true })
  truncateSync(join(truncated, 'global', 'pg_control'), 100)
  await expect(openDatabase(truncated)).rejects.toThrow(/cannot be opened/)
  expect(readdirSync(truncated)).toEqual(expect.arrayContaining(readdirSync(data)))
  expect(statSync(join(truncated, 'PG_VERSION')).size).toBeGreaterThan(0)
}, 120_000)

async function figures(name: string): Promise<unknown> {
  const { db, close } = await openDatabase(join(folder, name))
  const all = await figuresOf(db)
  await close()
  return all
}
