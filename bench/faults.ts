/** Kills: the app's process ended with SIGKILL at random moments under load, as often as wanted, on both databases. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Command } from 'commander'
import { crash } from '../test/faults/crash.ts'
import { startPostgres } from '../test/support/postgres-server.ts'

/** The command, for the program to add. */
export function faultsCommand(): Command {
  return new Command('faults')
    .description('kill the app under load, again and again, and count what was acknowledged and is missing')
    .option('--kills <number>', 'how often, on each database', '100')
    .action(async ({ kills }: { kills: string }) => {
      const folder = mkdtempSync(join(tmpdir(), 'flake-sla-faults-'))
      const server = await startPostgres([])
      try {
        await report('PostgreSQL', `${server.address}/postgres`, Number(kills))
        await report('embedded', join(folder, 'data'), Number(kills))
      } finally {
        await server.remove()
        rmSync(folder, { recursive: true, force: true })
      }
    })
}

async function report(name: string, where: string, kills: number): Promise<void> {
  const { acknowledged, missing, twice, figures, undisturbed } = await crash(where, kills, 200, Math.random)
  const isSame = isDeepStrictEqual(figures, undisturbed)
  process.stdout.write(
    `${name}: killed ${kills} times, ${acknowledged} deliveries acknowledged, ${missing} of them missing, ${twice} stored twice, figures ${isSame ? 'the same' : 'not the same'}\n`,
  )
  if (missing > 0 || twice > 0 || !isSame) process.exitCode = 1
}
