/** `bench faults`: kills the app with SIGKILL at random moments under load, on both databases. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Command } from 'commander'
import { crash, type Figures } from '../test/faults/crash.ts'
import { startPostgres } from '../test/support/postgres-server.ts'
import { seededRandom } from '../test/support/seeded-random.ts'
import { type Soak, soak } from './soak.ts'

interface Options {
  kills: string
  processes: string
  minutes?: string
}

/** The command `faults`. */
export function faultsCommand(): Command {
  return new Command('faults')
    .description('kill the app under load and count acknowledged deliveries that are missing')
    .option('--kills <number>', 'kills on each database', '100')
    .option(
      '--minutes <number>',
      'run several processes on one PostgreSQL and one fake GitHub for this long instead',
    )
    .option('--processes <number>', 'number of processes', '2')
    .action(async (options: Options) => {
      // The exit handlers stop what was started, also when the command is interrupted.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
      if (options.minutes === undefined) await killAlone(Number(options.kills))
      else await killTogether(Number(options.processes), Number(options.minutes))
    })
}

async function killAlone(kills: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-faults-'))
  const server = await startPostgres([])
  try {
    await report('PostgreSQL', `${server.address}/postgres`, kills)
    await report('embedded', join(folder, 'data'), kills)
  } finally {
    await server.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function killTogether(processes: number, minutes: number): Promise<void> {
  const onMinute = (sentence: string) => process.stderr.write(`${sentence}\n`)
  const { figures, undisturbed, ...counts } = await soak({ processes, minutes, onMinute })
  const isSame = isDeepStrictEqual(figures, undisturbed)
  for (const [name, count] of Object.entries(counts)) process.stdout.write(`${name.padEnd(16)} ${count}\n`)
  process.stdout.write(`figures ${isSame ? 'the same as' : 'different from'} those without kills\n`)
  if (!isSame) printDifference(figures, undisturbed)
  if (!isSame || WRONG.some((name) => counts[name] > 0)) process.exitCode = 1
}

/** Counts that must be 0. */
const WRONG = [
  'missing',
  'twice',
  'unanswered',
  'answersTooMany',
  'unfiled',
  'issuesTooMany',
  'ticksTwice',
] as const satisfies (keyof Soak)[]

async function report(name: string, where: string, kills: number): Promise<void> {
  const { acknowledged, missing, twice, figures, undisturbed } = await crash(
    where,
    kills,
    200,
    seededRandom(`faults on ${name}`),
  )
  const isSame = isDeepStrictEqual(figures, undisturbed)
  process.stdout.write(
    `${name}: ${kills} kills, ${acknowledged} deliveries acknowledged, ${missing} of them missing, ${twice} stored twice, figures ${isSame ? 'the same' : 'different'}\n`,
  )
  if (missing > 0 || twice > 0 || !isSame) process.exitCode = 1
}

/** Prints the first differing row of each table. */
function printDifference(figures: Figures, undisturbed: Figures): void {
  for (const [part, rows] of Object.entries(figures)) {
    const others = undisturbed[part] ?? []
    const at = rows.findIndex((row, i) => !isDeepStrictEqual(row, others[i]))
    if (at < 0 && rows.length === others.length) continue
    const [first, second] = [rows, others].map(
      (all) => `${all.length} rows, ${JSON.stringify(all[at < 0 ? all.length - 1 : at])}`,
    )
    process.stdout.write(`${part}: ${first}\n${' '.repeat(part.length)}  ${second}\n`)
  }
}
