/** Writes CSV (RFC 4180). Text that a spreadsheet would run as a formula gets a leading quote, because names come from outside. */

/** @param head the columns, in order. @param rows nested values are written as JSON */
export function csv(head: readonly string[], rows: readonly Record<string, unknown>[]): string {
  return `${head.join(',')}\r\n${csvRows(head, rows)}`
}

/** The rows without the line of columns, each with the end of its line. */
export function csvRows(head: readonly string[], rows: readonly Record<string, unknown>[]): string {
  return rows.map((row) => `${head.map((key) => cell(row[key])).join(',')}\r\n`).join('')
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
