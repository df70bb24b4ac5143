/** The benchmarks: one program with a command for each. `npm run bench -- attribution --help` lists a command's options. */
import { Command } from 'commander'
import { performanceCommands } from './all.ts'
import { attributionCommand } from './attribution.ts'
import { faultsCommand } from './faults.ts'
import { fuzzCommand } from './fuzz.ts'
import { incidentsCommand } from './incidents.ts'

const program = new Command('bench').description(
  'Measures the program. docs/performance.md explains the figures.',
)
const [all, ...parts] = performanceCommands()
if (all) program.addCommand(all, { isDefault: true })
for (const part of parts) program.addCommand(part)
program.addCommand(attributionCommand())
program.addCommand(incidentsCommand())
program.addCommand(fuzzCommand())
program.addCommand(faultsCommand())

await program.parseAsync()
// All servers have been stopped. A socket that is still open must not delay the exit.
process.exit()
