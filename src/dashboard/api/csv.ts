/** Tables as CSV (RFC 4180). Spreadsheets run what begins like a formula, and names come from outside: those get a quote. */

/** @param rows all with the keys of the first; nested values are written as JSON */
export function csv(head: readonly string[], rows: readonly Record<string, unknown>[]): string {
  const lines = [head.join(','), ...rows.map((row) => head.map((key) => cell(row[key])).join(','))]
  return `${lines.join('\r\n')}\r\n`
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
