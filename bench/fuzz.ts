/** `bench fuzz`: tries a million broken inputs on everything that takes input from outside. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { progress } from '../src/cli/progress.ts'
import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { fuzz } from './fuzz/fuzz.ts'
import type { Finding } from './fuzz/target.ts'
import { allTargets } from './fuzz/targets.ts'

interface Options {
  inputs: string
  seed: string
  only?: string
  save?: string
}

/** The command `fuzz`. */
export function fuzzCommand(): Command {
  return new Command('fuzz')
    .description('give broken webhooks, comments, settings, lines and addresses to the program')
    .option('--inputs <number>', 'how many', '1000000')
    .option('--seed <text>', 'another one makes other inputs', 'flake-sla')
    .option('--only <targets>', 'names of targets, with commas between')
    .option('--save <folder>', 'write what found something there, as a case for test/fuzz/found')
    .action(run)
}

async function run(options: Options): Promise<void> {
  const database = await openDatabase('memory')
  await migrate(database.db)
  try {
    const only = options.only?.split(',')
    const targets = (await allTargets(database.db)).filter((target) => !only || only.includes(target.name))
    const show = progress('trying', 'inputs')
    const started = performance.now()
    const inputs = Number(options.inputs)
    const { tried, findings } = await fuzz(targets, { inputs, seed: options.seed, onProgress: show.add })
    show.end()
    const seconds = (performance.now() - started) / 1000
    const total = Object.values(tried).reduce((sum, count) => sum + count, 0)
    for (const [name, count] of Object.entries(tried)) console.log(`${name.padEnd(10)} ${count}`)
    console.log(`${total} inputs in ${seconds.toFixed(0)} s, ${findings.length} findings`)
    for (const finding of findings) printFinding(finding, options.save)
    if (findings.length > 0) process.exitCode = 1
  } finally {
    await database.close()
  }
}

function printFinding(finding: Finding, folder: string | undefined): void {
  const { target, seed, input, problem } = finding
  console.log(`\n${target}, seed ${seed}: ${problem}\n  ${JSON.stringify(input.slice(0, 500))}`)
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  const name = `${target}-${seed.split('/').at(-1)}.json`
  writeFileSync(join(folder, name), `${JSON.stringify({ target, input, found: problem }, null, 2)}\n`)
}
