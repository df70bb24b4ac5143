/** Gzipped files of check run deliveries, of the size that GitHub sends, for `replay`. */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { guidOf, payloadOf } from './webhooks.ts'

/** Lines of such a file: `count` check runs, ten for each commit. */
export function* historyLines(count: number): Generator<string> {
  for (let i = 0; i < count; i++) {
    yield `${JSON.stringify({ id: guidOf(i), name: 'check_run', payload: payloadOf(i, {}) })}\n`
  }
}

/** Writes such a file. */
export async function writeHistory(path: string, count: number): Promise<void> {
  await pipeline(Readable.from(historyLines(count)), createGzip({ level: 1 }), createWriteStream(path))
}
