/** A full disk: a small in-memory file system that is filled while the app runs on it. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, expect, test, vi } from 'vitest'
import { startAppProcess } from '../../bench/processes.ts'
import { openDatabase } from '../../src/db/client.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { deliveriesOfHeads, lost, senderOf } from './crash.ts'

const MEBIBYTE = 2 ** 20
const folder = mkdtempSync(join(tmpdir(), 'flake-sla-disk-'))
chmodSync(folder, 0o755)
const isMounted = mount()
afterAll(() => {
  if (isMounted) execFileSync('umount', ['--lazy', folder])
  rmSync(folder, { recursive: true, force: true })
})

/** Mounting needs privileges that a container or an ordinary user does not have. */
function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=260m,mode=755', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Fills the file system up to the given number of MiB. @returns a function that frees the space */
function fill(left: number): () => void {
  const ballast = join(folder, 'ballast')
  const file = openSync(ballast, 'w')
  for (let size = MEBIBYTE; size >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(size))
    } catch {
      size = Math.floor(size / 2)
    }
  }
  closeSync(file)
  truncateSync(ballast, statSync(ballast).size - left * MEBIBYTE)
  return () => rmSync(ballast)
}

// PostgreSQL's write-ahead log grows by files of 16 MiB, its tables by pages. With less space, the log fails first.
const FULL = [
  ['for its tables', 0],
  ['for its log, which ends it', 9],
] as const

test.skipIf(!isMounted).each(FULL)(
  'no room for PostgreSQL %s (skipped where a file system cannot be mounted): refused until there is, nothing lost',
  async (_, left) => {
    const server = await startPostgres(['max_connections=30'], folder)
    const address = `${server.address}/postgres`
    const app = await startAppProcess(address)
    const sender = senderOf(app, deliveriesOfHeads(9000))
    try {
      expect(await sender.send(50)).toEqual({ 202: 50 })
      const makeRoom = fill(left)
      await sender.sendUntilRefused()
      expect(Object.keys(await sender.send(20))).toEqual(['503'])
      makeRoom()
      // Without space for its log PostgreSQL exits, at once or during recovery. An operator then starts it.
      const goesOn = async () => {
        if (!server.runs()) await server.start()
        expect(await sender.send(8)).toEqual({ 202: 8 })
      }
      await vi.waitFor(goesOn, { timeout: 30_000, interval: 500 })
      expect(await lost(address, sender.acknowledged)).toEqual([])
    } finally {
      await app.kill()
      await server.remove()
    }
  },
  120_000,
)

test.skipIf(!isMounted)(
  'no room for the embedded tables (skipped where a file system cannot be mounted): refused until there is, nothing lost',
  async () => {
    const data = join(folder, 'tables')
    const app = await startAppProcess(data)
    const sender = senderOf(app, deliveriesOfHeads(9000))
    expect(await sender.send(50)).toEqual({ 202: 50 })
    const makeRoom = fill(0)
    await sender.sendUntilRefused()
    expect(await sender.send(20)).toEqual({ 503: 20 })
    makeRoom()
    expect(await sender.send(20)).toEqual({ 202: 20 })
    await app.stop()
    expect(await lost(data, sender.acknowledged)).toEqual([])
  },
  120_000,
)

test.skipIf(!isMounted)(
  'no room for the embedded log (skipped where a file system cannot be mounted): ends with a sentence, as does its next start; with room nothing is lost',
  async () => {
    const data = join(folder, 'log')
    const writer = spawn(process.execPath, ['--input-type=module-typescript', '-e', writing(data)])
    const output = { out: '', err: '' }
    writer.stderr.on('data', (chunk) => (output.err += chunk))
    let makeRoom: (() => void) | null = null
    writer.stdout.on('data', (chunk) => {
      output.out += chunk
      makeRoom ??= fill(9)
    })
    const [code] = await once(writer, 'close')
    expect([code, output.err]).toEqual([
      1,
      expect.stringMatching(/No space left.*No acknowledged delivery is lost/s),
    ])
    await expect(startAppProcess(data)).rejects.toThrow(/ended with 2: .*cannot be opened.*is there room/s)
    // The folder does not exist yet: the embedded file system reports that with an error number only.
    await expect(startAppProcess(join(folder, 'another'))).rejects.toThrow(
      /ended with 2: .*cannot be opened: a file could not be read or written \(error \d+\)\. .*is there room/s,
    )
    makeRoom = makeRoom as (() => void) | null
    makeRoom?.()
    const { db, close } = await openDatabase(data)
    const { rows } = await sql<{ i: number }>`select i from written order by i`.execute(db)
    await close()
    const committed = output.out.trim().split('\n').map(Number)
    expect(committed.length).toBeGreaterThan(20)
    expect(rows.map((row) => row.i).slice(0, committed.length)).toEqual(committed)
  },
  120_000,
)

/** A program that writes a lot to the log and little to tables, and prints what is committed. */
function writing(data: string): string {
  return `
    import { sql } from ${JSON.stringify(import.meta.resolve('kysely'))}
    import { openDatabase } from ${JSON.stringify(new URL('../../src/db/client.ts', import.meta.url).href)}
    const { db } = await openDatabase(${JSON.stringify(data)})
    await sql\`create table written (i int)\`.execute(db)
    for (let i = 0; ; i++) {
      await sql\`with one as (insert into written values (\${i}))
        select pg_logical_emit_message(true, 'log', repeat('y', 100000))\`.execute(db)
      process.stdout.write(i + '\\n')
    }`
}
