/** Whether memory ran out: the kernel's count of what it killed, and how much each run was seen to hold. Linux only. */
import { readdirSync, readFileSync } from 'node:fs'

// Of this machine, and of the container that we may be in; either may be missing.
const COUNTERS = ['/proc/vmstat', '/sys/fs/cgroup/memory.events']
const PAGE_BYTES = 4096

/** @returns whether the kernel has killed something for want of memory since it was last asked */
export function memoryKills(): () => boolean {
  let before = countMemoryKills()
  return () => {
    const seen = before
    before = countMemoryKills()
    return seen !== null && before !== null && before > seen
  }
}

/** How many processes the kernel has killed for want of memory, as far as can be seen; null where it cannot. */
function countMemoryKills(): number | null {
  const counts = COUNTERS.flatMap((path) => {
    const count = /^oom_kill (\d+)/m.exec(readText(path))?.[1]
    return count === undefined ? [] : [Number(count)]
  })
  return counts.length === 0 ? null : Math.max(...counts)
}

/** What each of these process groups holds now, in bytes; empty where there is no `/proc`. */
export function memoryOfGroups(groups: ReadonlySet<number>): Map<number, number> {
  const held = new Map<number, number>()
  for (const pid of processes()) {
    // The name is in brackets and may hold anything; what follows counts from the state, field 3.
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

/** Gone or never there is the same here: nothing to read. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
