/** `--stress`: CPU and memory pressure during the hunt, from separate processes that end with it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism, freemem } from 'node:os'
import { UserError } from '../user-error.ts'

export interface Stress {
  /** The number of busy processes. */
  cpu: number
  memoryBytes: number
}

const UNITS: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }
const MAX_CPU = 1000
/** Of free memory. The hunt needs the rest. */
const MAX_SHARE = 0.9

/** @param text `cpu=4,memory=512M`, `memory=70%`; empty: every CPU and half of the free memory. @throws UserError */
export function parseStress(text: string): Stress {
  if (text === '') return { cpu: availableParallelism(), memoryBytes: freemem() / 2 }
  const stress = { cpu: 0, memoryBytes: 0 }
  for (const part of text.split(',')) {
    const [, name, amount, unit = ''] = /^(cpu|memory)=(\d+)([kmg]|%)?b?$/i.exec(part.trim()) ?? []
    if (name === undefined || (name === 'cpu' && (unit !== '' || Number(amount) > MAX_CPU)))
      throw new UserError(`--stress ${text} is not valid. Write it like cpu=4,memory=512M or memory=50%.`)
    if (name === 'cpu') stress.cpu = Number(amount)
    else
      stress.memoryBytes =
        unit === '%' ? (freemem() * Number(amount)) / 100 : Number(amount) * (UNITS[unit.toLowerCase()] ?? 1)
  }
  if (stress.memoryBytes > freemem() * MAX_SHARE)
    throw new UserError(
      `--stress ${text} is more than 90% of the free memory. Use less, so that the hunt can run.`,
    )
  return stress
}

// Both end when this process ends, because their standard input is a pipe from it.
const ORPHAN = "process.stdin.on('end', () => process.exit()).resume();"
const BURN = `${ORPHAN} (function burn() { const until = Date.now() + 50; while (Date.now() < until); setImmediate(burn) })()`
const HOLD = `${ORPHAN}
const held = []
let left = Number(process.argv[1])
const STEP = 2 ** 26
;(function take() {
  if (left > 0) { held.push(Buffer.alloc(Math.min(STEP, left), 1)); left -= STEP; setImmediate(take) }
})()
setInterval(() => { for (const block of held) for (let i = 0; i < block.length; i += 4096) block[i]++ }, 200)`

/** Starts the pressure. @returns a function that ends it */
export function startStress({ cpu, memoryBytes }: Stress): () => void {
  const children: ChildProcess[] = []
  const begin = (script: string, ...args: string[]) => {
    const child = spawn(process.execPath, ['-e', script, '--', ...args], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Ctrl-C in the terminal must not reach it: the pressure lasts until the runs are stopped.
      detached: true,
    })
    child.on('error', () => {})
    children.push(child)
  }
  for (let i = 0; i < cpu; i++) begin(BURN)
  if (memoryBytes > 0) begin(HOLD, String(Math.floor(memoryBytes)))
  return () => {
    for (const child of children) child.kill('SIGKILL')
  }
}
