/** `replay` on a database that stays: which settings it computes with, and that the next command computes with them too. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { replay } from '../../src/cli/replay.ts'
import { openDatabase } from '../../src/db/client.ts'
import type { Db } from '../../src/db/schema.ts'
import { addSettings } from '../../src/db/settings.ts'
import { readStoredSettings } from '../../src/settings/stored.ts'
import { checkRunDelivery, pullRequestDelivery, REPOSITORY } from '../support/deliveries.ts'
import { at, ms } from '../support/facts.ts'
import { IS_FULL } from '../support/full-check.ts'

const FLAKES = ['unit', 'lint'].flatMap((name, i) => [
  checkRunDelivery({ name, id: 10 * i + 1, suite: i + 1, minute: 10, conclusion: 'failure' }),
  checkRunDelivery({ name, id: 10 * i + 2, suite: i + 1, minute: 20 }),
])

function aFolder(): { folder: string; deliveries: string; file: (text: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'replay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const deliveries = join(folder, 'deliveries.ndjson')
  const lines = [pullRequestDelivery(), ...FLAKES].map((delivery) => JSON.stringify(delivery))
  writeFileSync(deliveries, `${lines.join('\n')}\n`)
  const file = (text: string) => {
    writeFileSync(join(folder, 'settings.yml'), text)
    return join(folder, 'settings.yml')
  }
  return { folder: join(folder, 'data'), deliveries, file }
}

async function on<T>(folder: string, work: (db: Db) => Promise<T>): Promise<T> {
  const database = await openDatabase(folder)
  try {
    return await work(database.db)
  } finally {
    await database.close()
  }
}

const flakesOf = ({ repositories: [report] }: Awaited<ReturnType<typeof replay>>) =>
  report?.flakes.map((flake) => flake.job)

test.runIf(IS_FULL)(
  'replay keeps the settings of --config for later commands, from the beginning',
  async () => {
    const { folder, deliveries, file } = aFolder()
    const config = file('required: [unit, nosuch]\ntime_zone: Europe/Berlin')
    expect(flakesOf(await replay([deliveries], { databaseUrl: folder, config }))).toEqual(['unit'])
    const later = await replay([deliveries], { databaseUrl: folder })
    expect(flakesOf(later)).toEqual(['unit'])
    expect(later.repositories[0]?.required).toMatchObject({
      ...{ source: 'config', jobs: ['nosuch', 'unit'], assumed_before: null },
      missing: [{ name: 'nosuch', last_result_at: null }],
    })
  },
)

test('replay computes with the stored settings of the repository, and --config overrides but does not replace them', async () => {
  const { folder, deliveries, file } = aFolder()
  await replay([deliveries], { databaseUrl: folder })
  const times = { valid_from: at(0), read_at: at(0) }
  const settings = { required: ['lint'], target: 0.05 }
  await on(folder, (db) =>
    addSettings(db, { repository_id: REPOSITORY.id, ...times, settings, sources: [], problems: [] }),
  )
  const stored = await replay([deliveries], { databaseUrl: folder })
  expect(flakesOf(stored)).toEqual(['lint'])
  const config = file('required: [unit]')
  expect(flakesOf(await replay([deliveries], { databaseUrl: folder, config }))).toEqual(['unit'])
  const { required, rulesKnownFrom } = await on(folder, (db) => readStoredSettings(db, REPOSITORY.id))
  expect([required, rulesKnownFrom]).toEqual([['lint'], ms(0)])
})
