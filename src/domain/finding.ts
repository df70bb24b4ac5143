/** The result of one check of `flake-sla doctor`, with advice. */
export interface Finding {
  check: string
  level: 'fine' | 'odd' | 'wrong'
  says: string
  /** What to do; null where nothing is needed. */
  todo: string | null
}

/** The check passed. */
export function fine(check: string, says: string): Finding {
  return { check, level: 'fine', says, todo: null }
}

/** Works, or may work, but deserves attention. */
export function odd(check: string, says: string, todo: string): Finding {
  return { check, level: 'odd', says, todo }
}

/** Keeps the app from working. */
export function wrong(check: string, says: string, todo: string): Finding {
  return { check, level: 'wrong', says, todo }
}
