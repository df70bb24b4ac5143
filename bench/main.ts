/** The measurements: one program, a command each. `npm run bench -- attribution --help` says what one can do. */
import { Command } from 'commander'
import { performanceCommands } from './all.ts'
import { attributionCommand } from './attribution.ts'
import { faultsCommand } from './faults.ts'
import { fuzzCommand } from './fuzz.ts'

const program = new Command('bench').description('Measures the program; see docs for what the figures mean')
const [all, ...parts] = performanceCommands()
if (all) program.addCommand(all, { isDefault: true })
for (const part of parts) program.addCommand(part)
program.addCommand(attributionCommand())
program.addCommand(fuzzCommand())
program.addCommand(faultsCommand())

await program.parseAsync()
// Servers under measurement are ended; a socket of theirs that lingers must not keep the shell waiting.
process.exit()
