/** The app is killed with SIGKILL at random moments under load, on both databases. `npm run bench -- faults` does so a hundred times. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createServerDatabase } from '../support/database.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { crash } from './crash.ts'

const KILLS = 3
const folder = mkdtempSync(join(tmpdir(), 'flake-sla-kills-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['PGlite', async () => join(folder, 'data')],
  ['PostgreSQL', () => createServerDatabase()],
] as const)(
  'nothing acknowledged is lost when the app is killed under load on %s',
  { timeout: 240_000 },
  async (database, where) => {
    const crashes = await crash(await where(), KILLS, 60, seededRandom(`killed on ${database}`))
    expect(crashes).toMatchObject({ missing: 0, twice: 0, acknowledged: 180 })
    expect(crashes.figures).toEqual(crashes.undisturbed)
  },
)
