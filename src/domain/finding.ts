/** One thing that was looked at, how it stands, and what to do about it. */
export interface Finding {
  check: string
  level: 'fine' | 'odd' | 'wrong'
  says: string
  /** Null where nothing is to be done. */
  todo: string | null
}

/** It is as it should be. */
export function fine(check: string, says: string): Finding {
  return { check, level: 'fine', says, todo: null }
}

/** It works, or may work, and somebody should look. */
export function odd(check: string, says: string, todo: string): Finding {
  return { check, level: 'odd', says, todo }
}

/** The program cannot do its work so. */
export function wrong(check: string, says: string, todo: string): Finding {
  return { check, level: 'wrong', says, todo }
}
