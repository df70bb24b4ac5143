/** Every measure in one run, as a table, as JSON, and in docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { writeGenerated } from '../scripts/generated.ts'
import { measureApi } from './api.ts'
import { measureHunt } from './hunt.ts'
import { measureIntake } from './intake.ts'
import { measureMeasuring } from './measuring.ts'
import { measurePages } from './pages.ts'
import { measureReplay } from './replay.ts'
import { type Measure, machine, tableOf } from './result.ts'
import { measureScale } from './scale.ts'

interface Options {
  quick?: boolean
  long?: boolean
  json?: boolean
  write?: boolean
}

const PARTS: Record<string, (options: { quick: boolean; long: boolean }) => Promise<Measure[]>> = {
  intake: measureIntake,
  replay: measureReplay,
  measuring: measureMeasuring,
  pages: measurePages,
  scale: measureScale,
  hunt: measureHunt,
  api: measureApi,
}
const DOCUMENT = fileURLToPath(new URL('../docs/performance.md', import.meta.url))

/** A command for each part, and one for all of them, which runs when none is named. */
export function performanceCommands(): Command[] {
  return [
    performanceCommand('all', Object.keys(PARTS), { isDefault: true }),
    ...Object.keys(PARTS).map((name) => performanceCommand(name, [name])),
  ]
}

function performanceCommand(name: string, parts: string[], { isDefault = false } = {}): Command {
  return new Command(name)
    .description(isDefault ? 'every measure beside its limit, in one run' : `only ${name}`)
    .option('--quick', 'smaller, within some minutes')
    .option('--long', 'ten million runs and a million deliveries too')
    .option('--json', 'print JSON instead of a table')
    .option('--write', 'put the table into docs/performance.md')
    .action((options: Options) => run(parts, options))
}

async function run(parts: readonly string[], options: Options): Promise<void> {
  const measures: Measure[] = []
  for (const part of parts) {
    process.stderr.write(`measuring: ${part}\n`)
    const measure = PARTS[part]
    if (measure) measures.push(...(await measure({ quick: !!options.quick, long: !!options.long })))
  }
  const answer = options.json ? JSON.stringify({ measures, machine: machine() }, null, 2) : tableOf(measures)
  process.stdout.write(`${answer}\n`)
  if (options.write) writeDocument(parts, measures)
}

/** Renews the generated part of each measured part. */
function writeDocument(parts: readonly string[], measures: readonly Measure[]): void {
  const { processor, cores, memory, node, system } = machine()
  const day = new Date().toISOString().slice(0, 10)
  const where = `${day}, ${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}:`
  const text = parts.reduce(
    (document, part) => {
      const own = measures.filter(({ name }) => NAMES[part]?.test(name))
      return writeGenerated(document, part, `\n\n${where}\n\n${tableOf(own)}\n\n`)
    },
    readFileSync(DOCUMENT, 'utf8'),
  )
  writeFileSync(DOCUMENT, text)
}

/** The measures that each part makes. */
const NAMES: Record<string, RegExp> = {
  intake: /^intake/,
  replay: /^replay/,
  measuring: /^(?:measuring|kubernetes)/,
  pages: /^pages/,
  scale: /^scale/,
  hunt: /^hunt/,
  api: /^api/,
}
