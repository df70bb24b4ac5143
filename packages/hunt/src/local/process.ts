/** One run of the command, in its own process group, which is ended as a whole. */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { UserError } from '../user-error.ts'

export interface Ended {
  /** As in a shell: 128 plus the signal if a signal ended it; null when the process could not be started. */
  exit_code: number | null
  /** Why it could not be started. */
  error: NodeJS.ErrnoException | null
}

export interface RunningProcess {
  /** The process group; 0 when it could not be started. */
  group: number
  ended: Promise<Ended>
  /** Sends SIGTERM to the group, and SIGKILL after `GRACE_MS`. */
  stop(): void
}

/** Time between SIGTERM and SIGKILL. */
export const GRACE_MS = 2000

/** Starts the command in the given folder and environment. */
export function start(
  command: readonly string[],
  options: { cwd: string; env: Record<string, string>; output: number },
): RunningProcess {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', options.output, options.output],
    detached: true,
  })
  const group = child.pid ?? 0
  let killer: NodeJS.Timeout | undefined
  const ended = endOf(child).then((end) => {
    clearTimeout(killer)
    // Processes that a run left behind would slow the next runs.
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

/** Sends a signal to a process group, if it still exists. */
export function signal(group: number, name: 'SIGTERM' | 'SIGKILL'): void {
  if (group === 0) return
  try {
    process.kill(-group, name)
  } catch {
    // The group has already ended.
  }
}

/** Why a process could not be started, and what to do. */
export function cannotStart(command: readonly string[], error: NodeJS.ErrnoException): unknown {
  const REASONS: Record<string, string> = {
    ENOENT: 'its interpreter or the working directory does not exist.',
    E2BIG: 'its arguments and environment are too long.',
    EAGAIN: 'this machine cannot run more processes. Use a lower --parallel.',
    ENOMEM: 'this machine has no memory for more processes. Use a lower --parallel.',
    EMFILE: 'too many files are open. Use a lower --parallel.',
  }
  const reason = REASONS[error.code ?? '']
  return new UserError(`${command[0]} could not be started: ${reason ?? error.message}`)
}
