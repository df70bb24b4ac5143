#!/usr/bin/env node
/** The command line: one program, a command each for what it does. */
import { Command } from 'commander'
import { isUserError } from '../domain/user-error.ts'

const WRONG_USAGE = 2

/** Only the command that is asked for is loaded: what one needs must not slow the start of another. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  replay: async () => (await import('./replay.ts')).replayCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  backfill: async () => (await import('./backfill.ts')).backfillCommand(),
  scan: async () => (await import('./scan.ts')).scanCommand(),
  reattribute: async () => (await import('./reattribute.ts')).reattributeCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  hunt: async () => (await import('./hunt/hunt.ts')).huntCommand(),
}

const program = new Command('flake-sla')
  .description('Holds a GitHub organisation to the Kubernetes Testing Flakiness SLA')
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  .exitOverride()

const asked = COMMANDS[process.argv[2] ?? '']
for (const load of asked ? [asked] : Object.values(COMMANDS))
  program.addCommand((await load()).exitOverride())

process.stdout.on('error', endQuietly)
try {
  await program.parseAsync()
} catch (error) {
  // At once: an embedded database that could not be opened would keep the process for ever.
  process.exit(exitCodeOf(error))
}

/** Standard output closed early (`| head`) is no failure: whoever reads it has had enough. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

/** Anything unforeseen is said in one sentence, as all else. */
function exitCodeOf(error: unknown): number {
  if (isUserError(error)) {
    process.stderr.write(`${error.message}\n`)
    return WRONG_USAGE
  }
  const { code, exitCode, message } = error as { code?: string; exitCode?: number; message?: string }
  if (code?.startsWith('commander.')) return exitCode === 0 ? 0 : WRONG_USAGE
  process.stderr.write(`flake-sla could not finish: ${message}\n`)
  if (process.env.DEBUG) process.stderr.write(`${(error as Error).stack}\n`)
  return WRONG_USAGE
}
