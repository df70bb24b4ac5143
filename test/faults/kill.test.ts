/** The app's process is killed with SIGKILL at random moments under load, on both databases. `npm run bench -- faults` does it a hundred times. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createServerDatabase } from '../support/database.ts'
import { crash } from './crash.ts'

const KILLS = 3
const folder = mkdtempSync(join(tmpdir(), 'flake-sla-kills-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['PGlite', async () => join(folder, 'data')],
  ['PostgreSQL', () => createServerDatabase()],
] as const)(
  'killed under load on %s, nothing acknowledged is lost',
  { timeout: 240_000 },
  async (_, where) => {
    const crashes = await crash(await where(), KILLS, 60, Math.random)
    expect(crashes).toMatchObject({ missing: 0, twice: 0, acknowledged: 180 })
    expect(crashes.figures).toEqual(crashes.undisturbed)
  },
)
