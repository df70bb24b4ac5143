/** The command line: one program, a command each for what it does. */
import { Command } from 'commander'
import { UserError } from '../domain/user-error.ts'
import { doctorCommand } from './doctor.ts'
import { migrateCommand } from './migrate.ts'
import { replayCommand } from './replay.ts'
import { reportCommand } from './report.ts'
import { simulateCommand } from './simulate.ts'

const WRONG_USAGE = 2

const program = new Command('flake-sla')
  .description('Holds a GitHub organisation to the Kubernetes Testing Flakiness SLA')
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  .exitOverride()
  .addCommand(replayCommand().exitOverride())
  .addCommand(reportCommand().exitOverride())
  .addCommand(migrateCommand().exitOverride())
  .addCommand(doctorCommand().exitOverride())
  .addCommand(simulateCommand().exitOverride())

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** Standard output closed early (`| head`) is no failure; anything unforeseen is said in one sentence, as all else. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UserError) {
    process.stderr.write(`${error.message}\n`)
    return WRONG_USAGE
  }
  const { code, exitCode, message } = error as { code?: string; exitCode?: number; message?: string }
  if (code?.startsWith('commander.')) return exitCode === 0 ? 0 : WRONG_USAGE
  process.stderr.write(`flake-sla could not finish: ${message}\n`)
  if (process.env.DEBUG) process.stderr.write(`${(error as Error).stack}\n`)
  return WRONG_USAGE
}
