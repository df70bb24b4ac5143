/**
 * A shell that waits for run numbers and starts the command for each. Starting a process from a small shell costs a
 * fraction of what it costs from here, and the shells do it side by side: thousands of short runs are no burden.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Writable } from 'node:stream'
import { type Ended, GRACE_MS, type RunningProcess, signal } from './process.ts'

// The trap lets the shell outlive the SIGTERM that it shares with its run, so that the run has time to end by itself.
const LOOP = `trap : TERM
while read -r run; do FLAKE_SLA_RUN=$run "$@" </dev/null >&3 2>&1 3>&-; echo "$?"; done`

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
  let shell: ChildProcess | null = null
  let report: (end: Ended) => void = () => {}

  const open = (): ChildProcess => {
    const opened = spawn('/bin/sh', ['-c', LOOP, 'sh', ...command], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['pipe', 'pipe', 'ignore', options.output],
      detached: true,
    })
    opened.stdout?.on('data', (text) => report({ exit_code: Number(text), error: null }))
    opened.stdin?.on('error', () => {})
    opened.once('error', (error) => {
      shell = null
      report({ exit_code: null, error })
    })
    opened.once('close', (code, by) => {
      if (shell === opened) shell = null
      report({ exit_code: code ?? 128 + (by ? constants.signals[by] : 0), error: null })
    })
    shell = opened
    return opened
  }

  return {
    start(run) {
      const { stdin, pid: group = 0 } = shell ?? open()
      let killer: NodeJS.Timeout | undefined
      const ended = new Promise<Ended>((resolve) => {
        report = (end) => {
          clearTimeout(killer)
          report = () => {}
          resolve(end)
        }
      })
      ;(stdin as Writable).write(`${run}\n`)
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
      if (shell?.pid) signal(shell.pid, 'SIGKILL')
    },
  }
}
