/** Inputs that found a defect in the past. The tests and the fuzzer try them again in every run. */
import { readdirSync, readFileSync } from 'node:fs'

/** One file of `test/fuzz/found`. */
export interface Found {
  file: string
  target: string
  input: string
  /** What the program did wrong at that time. */
  found: string
}

const FOLDER = new URL('../../test/fuzz/found/', import.meta.url)

/** Reads all of them. */
export function readFound(): Found[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Omit<Found, 'file'>),
    }))
}
