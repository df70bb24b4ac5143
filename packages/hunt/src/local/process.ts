/** One run of the command: a process group of its own, ended as a whole, whatever it started. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { UserError } from '../user-error.ts'

export interface Ended {
  /** As a shell tells it; null when the process could not be started. */
  exit_code: number | null
  /** Why it could not be started. */
  error: NodeJS.ErrnoException | null
}

export interface RunningProcess {
  /** The process group; 0 when it could not be started. */
  group: number
  ended: Promise<Ended>
  /** Asks the whole group to end, and kills it after `GRACE_MS`. */
  stop(): void
}

/** How long a run may take to end once it is asked to. */
export const GRACE_MS = 2000

/** Starts the command by itself, in whatever folder and environment. */
export function start(
  command: readonly string[],
  options: { cwd: string; env: Record<string, string>; output: number },
): RunningProcess {
  const [program = '', ...words] = command
  const child = spawn(program, words, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', options.output, options.output],
    detached: true,
  })
  const group = child.pid ?? 0
  let killer: NodeJS.Timeout | undefined
  const ended = endOf(child).then((end) => {
    clearTimeout(killer)
    // What a run leaves behind would weigh on the runs after it.
    signal(group, 'SIGKILL')
    return end
  })
  return {
    group,
    ended,
    stop() {
      signal(group, 'SIGTERM')
      killer ??= setTimeout(() => signal(group, 'SIGKILL'), GRACE_MS)
    },
  }
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exit_code: null, error }))
    child.once('exit', (code, by) =>
      resolve({ exit_code: code ?? 128 + (by ? constants.signals[by] : 0), error: null }),
    )
  })
}

/** Sends a signal to a whole process group, if it is still there. */
export function signal(group: number, name: 'SIGTERM' | 'SIGKILL'): void {
  if (group === 0) return
  try {
    process.kill(-group, name)
  } catch {
    // The group has ended by itself.
  }
}

/** Why a process could not be started, with what to do about it. */
export function cannotStart(command: readonly string[], error: NodeJS.ErrnoException): unknown {
  const why: Record<string, string> = {
    ENOENT: 'its interpreter, or the folder to run in, does not exist.',
    E2BIG: 'its arguments and environment are too long.',
    EAGAIN: 'this machine has no room for more processes. Take a lower --parallel.',
    ENOMEM: 'this machine has no memory for more processes. Take a lower --parallel.',
    EMFILE: 'too many files are open. Take a lower --parallel.',
  }
  const said = why[error.code ?? '']
  return new UserError(`${command[0]} could not be started: ${said ?? error.message}`)
}
