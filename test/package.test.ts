/** What the npm package and the container image contain: the server and its command line, and no development code. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  files: string[]
  dependencies: Record<string, string>
}
/** The folders in the package, and the workspace package that it depends on. */
const SHIPPED = ['src/', 'migrations/']
const WORKSPACE = 'packages/'
/** Dependencies that no file imports: the runtime itself, and an optional peer dependency of the hunt package. */
const NOT_IMPORTED = ['node', '@kubernetes/client-node']

function isShipped(file: string): boolean {
  return SHIPPED.some((folder) => file.startsWith(folder))
}

/** The source files that `tsc -p tsconfig.build.json` compiles into `dist`, as paths from the root. */
function compiledFiles(): string[] {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const args = [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--listFilesOnly']
  return execFileSync(process.execPath, args, { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && !file.includes('node_modules'))
    .map((file) => relative(ROOT, file))
}

/** The npm packages that a source file imports. */
function importedPackages(file: string): string[] {
  const source = readFileSync(join(ROOT, file), 'utf8')
  const specifiers = source.matchAll(
    /^(?:import|export|\}) .*from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm,
  )
  return [...specifiers]
    .map(([, specifier, dynamic]) => specifier ?? dynamic ?? '')
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
}

describe('the npm package', () => {
  const compiled = compiledFiles()

  test('contains the compiled server, the app manifest, the docs and the settings schema', () => {
    expect(MANIFEST.files.sort()).toEqual(['app.yml', 'dist/migrations', 'dist/src', 'docs', 'schema'])
  })

  test('is compiled from src and the migrations only', () => {
    expect(compiled.length).toBeGreaterThan(200)
    const others = compiled.filter((file) => !isShipped(file) && !file.startsWith(WORKSPACE))
    expect(others).toEqual([])
  })

  test('imports exactly its dependencies, and no development dependency', () => {
    const imported = new Set(compiled.filter(isShipped).flatMap(importedPackages))
    const dependencies = Object.keys(MANIFEST.dependencies).filter((name) => !NOT_IMPORTED.includes(name))
    expect([...imported].sort()).toEqual(dependencies.sort())
  })

  test('is compiled from the folders that the image copies', () => {
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    const copied = [...dockerfile.matchAll(/^COPY (\S+) /gm)].map(([, folder = '']) => `${folder}/`)
    expect(compiled.filter((file) => !copied.some((folder) => file.startsWith(folder)))).toEqual([])
  })
})
