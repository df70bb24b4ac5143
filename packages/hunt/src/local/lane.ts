/**
 * A shell that reads run numbers and starts the command for each. Starting a process from a small shell is much cheaper than
 * from Node, and the shells of several workers do it in parallel.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { type Ended, GRACE_MS, type RunningProcess, signal } from './process.ts'

// The trap lets the shell survive the SIGTERM that its run receives too, so that the run has time to end.
const LOOP = `trap : TERM
while read -r run; do FLAKE_SLA_RUN=$run "$@" </dev/null >&3 2>&1 3>&-; echo "$?"; done`

interface Shell {
  child: ChildProcess
  /** Reports the end of the current run, once. */
  report: (end: Ended) => void
}

export interface Lane {
  start(run: number): RunningProcess
  /** Kills the shell and any processes that its runs left behind. */
  close(): void
}

/** @param command with the path of its program, because a bare name could be a shell builtin */
export function openLane(
  command: readonly string[],
  options: { cwd: string; env: Record<string, string>; output: number },
): Lane {
  let shell: Shell | null = null

  const open = (): Shell => {
    const child = spawn('/bin/sh', ['-c', LOOP, 'sh', ...command], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['pipe', 'pipe', 'ignore', options.output],
      detached: true,
    })
    const opened: Shell = { child, report: () => {} }
    child.stdout?.on('data', (text) => opened.report({ exit_code: Number(text), error: null }))
    child.stdin?.on('error', () => {})
    child.once('error', (error) => opened.report({ exit_code: null, error }))
    child.once('close', (code, by) => {
      if (shell === opened) shell = null
      opened.report({ exit_code: code ?? 128 + (by ? constants.signals[by] : 0), error: null })
    })
    shell = opened
    return opened
  }

  return {
    start(run) {
      const used = shell ?? open()
      const group = used.child.pid ?? 0
      let killer: NodeJS.Timeout | undefined
      const ended = new Promise<Ended>((resolve) => {
        used.report = (end) => {
          used.report = () => {}
          if (killer !== undefined || end.error) discard(used, killer)
          resolve(end)
        }
      })
      used.child.stdin?.write(`${run}\n`)
      return {
        group,
        ended,
        stop() {
          signal(group, 'SIGTERM')
          killer ??= setTimeout(() => signal(group, 'SIGKILL'), GRACE_MS)
        },
      }
    },
    close() {
      if (shell !== null) discard(shell)
    },
  }

  /** Kills a shell and all processes that its runs left: a stopped run often leaves some. */
  function discard(used: Shell, killer?: NodeJS.Timeout): void {
    clearTimeout(killer)
    signal(used.child.pid ?? 0, 'SIGKILL')
    if (shell === used) shell = null
  }
}
