/** Reads deliveries from NDJSON files, plain or gzipped, or from standard input, line by line in constant memory. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { PassThrough, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { UserError } from '../domain/user-error.ts'
import type { Delivery } from '../intake/prepare.ts'

/** A line of a file: a delivery, or the reason why it is not one. */
export type Line = { file: string; line: number } & ({ delivery: Delivery } | { reason: string })

/** GitHub sends nothing larger than this. */
const MAX_LINE = 26 * 1024 * 1024
/** Bytes. With the default of 16 KiB decompression took a third longer. */
const CHUNK_BYTES = 256 * 1024

/**
 * The lines of the file in order. A line that is not a delivery carries the reason and does not stop the rest.
 * @param path a file, gzipped if it ends in `.gz`, or `-` for standard input
 * @throws UserError when the file cannot be read
 */
export async function* readDeliveries(path: string): AsyncGenerator<Line> {
  let line = 0
  for await (const text of readLines(await open(path), path)) {
    line++
    if (text === null) yield { file: path, line, reason: 'is longer than the 25 MB that GitHub sends' }
    else if (text.trim() !== '') yield { file: path, line, ...parseDelivery(text) }
  }
}

async function open(path: string): Promise<Readable> {
  if (path === '-') return process.stdin
  const found = await stat(path).catch(() => null)
  if (!found?.isFile())
    throw new UserError(
      `${path} is not a readable file. Give an NDJSON file of webhook deliveries, or - for standard input.`,
    )
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  if (!path.endsWith('.gz')) return file
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  file.on('error', (error) => gunzip.destroy(error))
  return file.pipe(gunzip)
}

/** Lines without line breaks; null for a line too long to be a delivery. */
async function* readLines(input: Readable, path: string): AsyncGenerator<string | null> {
  let parts: Buffer[] = []
  let length = 0
  const take = () => {
    const text =
      length > MAX_LINE
        ? null
        : Buffer.concat(parts)
            .toString('utf8')
            .replace(/^\uFEFF/, '')
    parts = []
    length = 0
    return text
  }
  const append = (part: Buffer) => {
    length += part.length
    if (length <= MAX_LINE) parts.push(part)
  }
  try {
    for await (const chunk of input.pipe(new PassThrough()) as AsyncIterable<Buffer>) {
      let from = 0
      for (let at = chunk.indexOf(10, from); at >= 0; at = chunk.indexOf(10, from)) {
        append(chunk.subarray(from, at))
        yield take()
        from = at + 1
      }
      if (from < chunk.length) append(chunk.subarray(from))
    }
  } catch (error) {
    throw new UserError(`${path} could not be read completely: ${(error as Error).message}.`)
  }
  if (length > 0) yield take()
}

function parseDelivery(text: string): { delivery: Delivery } | { reason: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { reason: 'is not JSON' }
  }
  if (typeof value !== 'object' || value === null) return { reason: 'is not a JSON object' }
  const line = value as Record<string, unknown>
  const request = line.request as { payload?: unknown } | undefined
  const id = line.guid ?? line.id
  const name = line.event ?? line.name
  const payload = line.payload ?? request?.payload
  if (typeof id !== 'string' || id === '' || id.length > 200)
    return { reason: 'has no delivery id ("id" or "guid")' }
  if (typeof name !== 'string' || name === '' || name.length > 100)
    return { reason: 'has no event name ("name" or "event")' }
  if (typeof payload !== 'object' || payload === null) return { reason: 'has no payload' }
  return { delivery: { id, name, payload, deliveredAt: timeOf(line.delivered_at) } }
}

/** GitHub's own form of a delivery says when it was delivered. */
function timeOf(value: unknown): string | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}
