/** Reads numbers, days and times from the command line, for every command. JavaScript's own functions accept too much. */
import { UserError } from '../domain/user-error.ts'

/** A whole number in decimal digits. `1e3`, `0x10` and ` 7` are none. @throws UserError */
export function wholeNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= low && value <= high) return value
  throw new UserError(
    `${name} ${text} is not a whole number from ${low.toLocaleString('en')} to ${high.toLocaleString('en')}.`,
  )
}

/** A share above 0 and below 1: `0.999` or `99.9%`. @throws UserError */
export function share(name: string, text: string): number {
  const [, digits, percent] = /^(\d*\.?\d+)(%?)$/.exec(text) ?? []
  const value = Number(digits) / (percent ? 100 : 1)
  if (value > 0 && value < 1) return value
  throw new UserError(`${name} ${text} must be above 0 and below 1, like 0.999 or 99.9%.`)
}

/** A day that exists, `YYYY-MM-DD`. @throws UserError */
export function day(name: string, text: string): string {
  if (isDay(text)) return text
  throw new UserError(`${name} ${text} is not a valid date. Write it like 2026-02-01.`)
}

/** RFC 3339, or a day, which begins at 00:00 UTC. @returns epoch ms. @throws UserError */
export function time(name: string, text: string): number {
  const at = Date.parse(text)
  const isTime = /^.{10}(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  if (isTime && isDay(text.slice(0, 10)) && !Number.isNaN(at)) return at
  throw new UserError(`${name} ${text} is not a valid time. Write it like 2026-02-01T00:00:00Z.`)
}

/** Whether the text is a day of the calendar. `Date.parse` takes 30 February for 2 March. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = Date.parse(text)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}
