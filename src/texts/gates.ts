/** Says which gates are left out of the figures, and why. */
import { code } from './markdown.ts'

/** A gate, and why it is one, as a clause without a full stop. */
export interface GateText {
  job: string
  why: string
}

const MAX_GATES = 10

/** One sentence in Markdown about the gates that are left out; empty without any. */
export function gateSentence(gates: readonly GateText[]): string {
  if (gates.length === 0) return ''
  const shown = gates.slice(0, MAX_GATES).map(({ job, why }) => `${code(job)} (${why})`)
  const more = gates.length > MAX_GATES ? `, and ${gates.length - MAX_GATES} more` : ''
  return `Left out: ${gates.length === 1 ? 'gate' : 'gates'} ${shown.join(', ')}${more}.`
}
