/** Memory on Linux: the kernel's count of out-of-memory kills, and how much each process group uses. */
import { readdirSync, readFileSync } from 'node:fs'

// Of the machine and of the container, if any. Either may be missing.
const COUNTERS = ['/proc/vmstat', '/sys/fs/cgroup/memory.events']
const PAGE_BYTES = 4096

/** @returns a function that says whether the kernel killed a process for memory since its last call */
export function memoryKills(): () => boolean {
  let before = countMemoryKills()
  return () => {
    const last = before
    before = countMemoryKills()
    return last !== null && before !== null && before > last
  }
}

/** How many processes the kernel has killed for memory; null where no counter can be read. */
function countMemoryKills(): number | null {
  const counts = COUNTERS.flatMap((path) => {
    const count = /^oom_kill (\d+)/m.exec(readText(path))?.[1]
    return count === undefined ? [] : [Number(count)]
  })
  return counts.length === 0 ? null : Math.max(...counts)
}

/** The resident memory of each of these process groups in bytes; empty where there is no `/proc`. */
export function memoryOfGroups(groups: ReadonlySet<number>): Map<number, number> {
  const held = new Map<number, number>()
  for (const pid of processes()) {
    // The process name is in parentheses and may contain anything. The fields after it start with field 3, the state.
    const fields = readText(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
    const group = Number(fields[2])
    if (groups.has(group)) held.set(group, (held.get(group) ?? 0) + Number(fields[21] ?? 0) * PAGE_BYTES)
  }
  return held
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** The content of a file; '' when it does not exist. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
