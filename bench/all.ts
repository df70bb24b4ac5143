/** All performance measurements in one run: printed as a table or as JSON, or written into docs/performance.md. */
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

/** A command for each part, and the default command that runs all parts. */
export function performanceCommands(): Command[] {
  return [
    performanceCommand('all', Object.keys(PARTS), { isDefault: true }),
    ...Object.keys(PARTS).map((name) => performanceCommand(name, [name])),
  ]
}

function performanceCommand(name: string, parts: string[], { isDefault = false } = {}): Command {
  return new Command(name)
    .description(isDefault ? 'measure all parts (default)' : `measure only ${name}`)
    .option('--quick', 'smaller sizes, done within minutes')
    .option('--long', 'also measure ten million runs and a million deliveries')
    .option('--json', 'print JSON instead of a table')
    .option('--write', 'write the tables into docs/performance.md')
    .action((options: Options) => run(parts, options))
}

async function run(parts: readonly string[], options: Options): Promise<void> {
  const byPart = new Map<string, Measure[]>()
  for (const part of parts) {
    process.stderr.write(`measuring: ${part}\n`)
    const measure = PARTS[part]
    if (measure) byPart.set(part, await measure({ quick: !!options.quick, long: !!options.long }))
  }
  const measures = [...byPart.values()].flat()
  const output = options.json ? JSON.stringify({ measures, machine: machine() }, null, 2) : tableOf(measures)
  process.stdout.write(`${output}\n`)
  if (options.write) writeDocument(byPart)
}

/** Replaces the table of each measured part. */
function writeDocument(byPart: ReadonlyMap<string, readonly Measure[]>): void {
  const { processor, cores, memory, node, system } = machine()
  const day = new Date().toISOString().slice(0, 10)
  const where = `${day}, ${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}:`
  let text = readFileSync(DOCUMENT, 'utf8')
  for (const [part, measures] of byPart)
    text = writeGenerated(text, part, `\n\n${where}\n\n${tableOf(measures)}\n\n`)
  writeFileSync(DOCUMENT, text)
}
