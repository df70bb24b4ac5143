/** The environment of a hunt: machine, runner, commit, and the versions of the tools that the command names. */
import { execFile } from 'node:child_process'
import { arch, availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os'
import { basename } from 'node:path'
import { bytes } from '../figures.ts'

/** Arguments that print the version of a tool. Other programs are not run, because they might have effects. */
const VERSION_ARGUMENTS: Record<string, readonly string[]> = {
  bazel: ['--version'],
  cargo: ['--version'],
  cmake: ['--version'],
  docker: ['--version'],
  dotnet: ['--version'],
  gcc: ['--version'],
  go: ['version'],
  gradle: ['--version'],
  java: ['-version'],
  make: ['--version'],
  mvn: ['--version'],
  node: ['--version'],
  npm: ['--version'],
  npx: ['--version'],
  php: ['--version'],
  pip: ['--version'],
  pnpm: ['--version'],
  pytest: ['--version'],
  python: ['--version'],
  python3: ['--version'],
  ruby: ['--version'],
  rustc: ['--version'],
  yarn: ['--version'],
}
const TIMEOUT_MS = 5000

/** @param more tools to run with `--version`, in addition to those that the command names. @returns values by name */
export async function environmentOf(
  command: readonly string[],
  cwd: string,
  more: readonly string[],
): Promise<Record<string, string>> {
  const named = new Set(command.flatMap((word) => word.split(/[^\w.-]+/)).map((word) => basename(word)))
  const tools = [...Object.keys(VERSION_ARGUMENTS).filter((tool) => named.has(tool)), ...more]
  const versions = tools.map(async (tool) => [tool, await versionOf(tool, cwd)] as const)
  const head = await firstLineOf('git', ['-C', cwd, 'rev-parse', 'HEAD'], cwd)
  const changed = head === null ? null : await firstLineOf('git', ['-C', cwd, 'status', '--porcelain'], cwd)
  const entries = [
    ['system', `${type()} ${release()} ${arch()}`],
    ['cpu', `${availableParallelism()} × ${cpus()[0]?.model.trim() || 'unknown'}`],
    ['memory', bytes(totalmem())],
    ['runner', process.env.RUNNER_NAME || hostname()],
    ['commit', head === null ? null : `${head}${changed ? ' with uncommitted changes' : ''}`],
    ...(await Promise.all(versions)),
  ] as const
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

async function versionOf(tool: string, cwd: string): Promise<string> {
  return (await firstLineOf(tool, VERSION_ARGUMENTS[tool] ?? ['--version'], cwd)) ?? 'not found'
}

/** The first line of standard output, or of standard error, where Java prints its version; null on failure or no output. */
function firstLineOf(program: string, words: readonly string[], cwd: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, [...words], { cwd, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      const line = (stdout.trim() || stderr.trim()).split('\n')[0]?.trim()
      resolve(error === null && line ? line.slice(0, 200) : null)
    })
  })
}
