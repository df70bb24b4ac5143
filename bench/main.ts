/** The measurements: one program, a command each. `npm run bench -- attribution --help` says what one can do. */
import { Command } from 'commander'
import { attributionCommand } from './attribution.ts'
import { fuzzCommand } from './fuzz.ts'

const program = new Command('bench')
  .description('Measures the program; see docs for what the figures mean')
  .addCommand(attributionCommand())
  .addCommand(fuzzCommand())

await program.parseAsync()
