#!/usr/bin/env node
/** The command line. */
import { Command } from 'commander'
import { isUserError } from '../domain/user-error.ts'

const WRONG_USAGE = 2

/** Only the requested command is loaded, so that its dependencies do not slow down the others. */
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

/** Commander's errors are printed by `exitCodeOf`, in our words. */
const OUTPUT = { outputError: () => {} }

const program = new Command('flake-sla')
  .description('Tracks a GitHub organisation against the Kubernetes Testing Flakiness SLA')
  .configureOutput(OUTPUT)
  .exitOverride()

const requested = COMMANDS[process.argv[2] ?? '']
for (const load of requested ? [requested] : Object.values(COMMANDS))
  program.addCommand((await load()).configureOutput(OUTPUT).exitOverride())

process.stdout.on('error', endQuietly)
try {
  await program.parseAsync()
} catch (error) {
  // Exits explicitly: an embedded database that failed to open keeps the process alive.
  process.exit(exitCodeOf(error))
}

/** A reader may close standard output early (`| head`). That is not an error. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

/** Prints the error as one sentence, with the stack only if DEBUG is set. @returns the exit code */
function exitCodeOf(error: unknown): number {
  if (isUserError(error)) {
    process.stderr.write(`${error.message}\n`)
    return WRONG_USAGE
  }
  const { code, exitCode, message } = error as { code?: string; exitCode?: number; message?: string }
  if (code?.startsWith('commander.')) {
    if (message?.startsWith('error: ')) process.stderr.write(`${usageSentence(message)}\n`)
    return exitCode === 0 ? 0 : WRONG_USAGE
  }
  process.stderr.write(`flake-sla could not finish: ${message}\n`)
  if (process.env.DEBUG) process.stderr.write(`${(error as Error).stack}\n`)
  return WRONG_USAGE
}

/** `error: unknown option '--jsn'` as `Unknown option '--jsn'. See flake-sla report --help.` */
function usageSentence(message: string): string {
  const [problem = ''] = message.slice('error: '.length).split('\n')
  const sentence = `${problem[0]?.toUpperCase()}${problem.slice(1).replace(/\.$/, '')}.`
  return `${sentence} See flake-sla ${requested ? `${process.argv[2]} ` : ''}--help.`
}
