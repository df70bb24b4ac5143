import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPrepared } from '../../src/cli/read-deliveries.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flake-sla-reading-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const push = (i: number) => ({
  id: `delivery-${i}`,
  name: 'push',
  payload: { ref: 'refs/heads/main', repository: { id: 1, full_name: 'acme/widgets' } },
})
const linesOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify(push(from + i))}\n`).join('')

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

describe('reading in a thread', () => {
  test('gives the lines of all files in order, more than are ever sent at once', async () => {
    const files = [file('a.ndjson', linesOf(0, 1500)), file('b.ndjson.gz', linesOf(1500, 700))]
    const places: string[] = []
    for await (const { at } of readPrepared(files, 0)) {
      places.push(`${files.indexOf(at.file)}:${at.line}`)
      // A slow reader: what comes meanwhile must wait for it.
      if (places.length % 250 === 10) await sleep(20)
    }
    expect(places).toHaveLength(2200)
    expect(places[0]).toBe('0:1')
    expect(places[1500]).toBe('1:1')
    expect(new Set(places).size).toBe(2200)
    expect(places).toEqual(
      [...places].sort((a, b) => a.localeCompare(b, 'en', { numeric: true, ignorePunctuation: false })),
    )
  })

  test('reports an invalid line and reads the next', async () => {
    const path = file('broken.ndjson', `{\n${linesOf(0, 1)}`)
    const prepared = []
    for await (const line of readPrepared([path], 0)) prepared.push(line.prepared)
    expect(prepared[0]).toEqual({ outcome: 'unread', reason: 'the line is not JSON' })
    expect(prepared).toHaveLength(2)
    expect(prepared[1]?.outcome).not.toBe('unread')
  })

  test('ends with a sentence when a file is missing', async () => {
    await expect(async () => {
      for await (const _ of readPrepared([join(folder, 'none.ndjson')], 0));
    }).rejects.toThrow('is not a readable file')
  })

  test('ends its thread when the consumer stops early', async () => {
    const path = file('long.ndjson', linesOf(0, 5000))
    for await (const { at } of readPrepared([path], 0)) if (at.line === 3) break
    const left = process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort')
    expect(left).toEqual([])
  })
})
