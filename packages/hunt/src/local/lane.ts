/**
 * A shell that waits for run numbers and starts the command for each. Starting a process from a small shell costs a
 * fraction of what it costs from here, and the shells do it side by side: thousands of short runs are no burden.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { type Ended, GRACE_MS, type RunningProcess, signal } from './process.ts'

// The trap lets the shell outlive the SIGTERM that it shares with its run, so that the run has time to end by itself.
const LOOP = `trap : TERM
while read -r run; do FLAKE_SLA_RUN=$run "$@" </dev/null >&3 2>&1 3>&-; echo "$?"; done`

interface Shell {
  child: ChildProcess
  /** Tells of the end of the run that it has; of no other. */
  report: (end: Ended) => void
}

export interface Lane {
  start(run: number): RunningProcess
  /** Ends the shell, and what its runs have left behind. */
  close(): void
}

/** @param command with the path of its program: a bare name might mean a word of the shell's own */
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

  /** Ends a shell with all that its runs have left: after a run that had to be stopped, something often is. */
  function discard(used: Shell, killer?: NodeJS.Timeout): void {
    clearTimeout(killer)
    signal(used.child.pid ?? 0, 'SIGKILL')
    if (shell === used) shell = null
  }
}
