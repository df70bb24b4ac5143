/** Inputs that once found something: tried again with every run of the tests, and before every run of the fuzzer. */
import { readdirSync, readFileSync } from 'node:fs'

/** One file of `test/fuzz/found`. */
export interface Found {
  file: string
  target: string
  input: string
  /** What the program did then. */
  found: string
}

const FOLDER = new URL('../../test/fuzz/found/', import.meta.url)

/** All of them. */
export function readFound(): Found[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Omit<Found, 'file'>),
    }))
}
