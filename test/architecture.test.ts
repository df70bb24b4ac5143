/** The layering rules, the table of layers and the diagram. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ICruiseResult } from 'dependency-cruiser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diagram, LAYERS, layerTable, partsOf, RULES, readImports } from '../scripts/architecture.ts'
import { readGenerated } from '../scripts/generated.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

describe('this program', () => {
  let read: ICruiseResult
  beforeAll(async () => {
    read = await readImports(ROOT)
  })

  test('was read: every file of src and migrations, and what they import', () => {
    const files = ['src', 'packages', 'migrations'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts'))
        .map((path) => `${folder}/${path}`),
    )
    expect(files.length).toBeGreaterThan(50)
    expect(read.modules.map(({ source }) => source)).toEqual(expect.arrayContaining(files))
    expect(read.modules.flatMap(({ dependencies }) => dependencies).length).toBeGreaterThan(files.length)
  })

  test('breaks no rule', () => {
    const broken = read.summary.violations.map(({ rule, from, to }) => {
      const comment = RULES.find(({ name }) => name === rule.name)?.comment
      return `${from} imports ${to}. ${comment}`
    })
    expect(broken).toEqual([])
  })

  test('writes queries nowhere but in src/db and src/dashboard/queries', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    const others = files.filter((path) => path.endsWith('.ts') && !/^(db|dashboard\/queries)\//.test(path))
    const query = /\.(selectFrom|insertInto|updateTable|deleteFrom)\(/
    expect(others.filter((path) => query.test(readFileSync(join(ROOT, 'src', path), 'utf8')))).toEqual([])
  })

  test('has a layer for each part of src', () => {
    expect(readdirSync(join(ROOT, 'src')).filter((part) => !(part in LAYERS))).toEqual([])
  })

  test('uses every allowance of the table of layers', () => {
    const parts = partsOf(read)
    const unused = Object.entries(LAYERS).flatMap(([layer, allowed]) =>
      allowed.filter((other) => !parts.get(layer)?.has(other)).map((other) => `${layer} -> ${other}`),
    )
    expect(unused).toEqual([])
  })

  test('has the layers of the table in docs/architecture.md: `npm run docs` writes it', () => {
    const written = readGenerated(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'), 'layers')
    // The formatter pads the columns.
    const unpadded = (table: string) => table.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---').trim()
    expect(unpadded(written)).toBe(unpadded(layerTable()))
  })

  test('looks as the diagram in docs/architecture.md shows it: `npm run docs` draws it', () => {
    const drawn = readGenerated(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'), 'imports')
    expect(drawn.replaceAll('```', '').replace('mermaid', '').trim()).toBe(diagram(partsOf(read)))
  })
})

describe('a planted mistake is seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flake-sla-layers-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Writes files and reads their imports. @returns the rules that they break */
  async function rulesBroken(name: string, files: Record<string, string>): Promise<string[]> {
    const root = join(folder, name)
    for (const [path, text] of Object.entries({ 'src/main.ts': '', 'migrations/0001.ts': '', ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    writeFileSync(join(root, 'package.json'), readFileSync(join(ROOT, 'package.json')))
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    const { summary } = await readImports(root)
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort()
  }

  test.each<[string, string, Record<string, string>]>([
    [
      'a layer that looks up',
      'layer-domain',
      {
        'src/domain/a.ts': "import { b } from '../db/b.ts'\nexport const a = b",
        'src/db/b.ts': 'export const b = 1',
      },
    ],
    [
      'a layer that looks up for a type alone',
      'layer-domain',
      {
        'src/domain/a.ts': "import type { B } from '../db/b.ts'\nexport type A = B",
        'src/db/b.ts': 'export type B = 1',
      },
    ],
    [
      'a page that can write to GitHub',
      'layer-dashboard',
      {
        'src/dashboard/a.ts': "import { b } from '../github/b.ts'\nexport const a = b",
        'src/github/b.ts': 'export const b = 1',
      },
    ],
    [
      'a package in the domain',
      'packages-domain',
      { 'src/domain/a.ts': "import { Hono } from 'hono'\nexport const a = Hono" },
    ],
    [
      'the file system in the domain',
      'packages-domain',
      { 'src/domain/a.ts': "import { stat } from 'node:fs'\nexport const a = stat" },
    ],
    [
      'a workspace package imported by its path',
      'packages-by-name',
      {
        'src/cli/a.ts': "import { b } from '../../packages/hunt/src/b.ts'\nexport const a = b",
        'packages/hunt/src/b.ts': 'export const b = 1',
      },
    ],
    [
      'a workspace package that needs the app',
      'layer-packages/hunt',
      {
        'packages/hunt/src/a.ts': "import { b } from '../../../src/domain/b.ts'\nexport const a = b",
        'src/domain/b.ts': 'export const b = 1',
      },
    ],
    [
      'a domain that uses more of a workspace package than its statistics',
      'domain-takes-statistics-alone',
      {
        'src/domain/a.ts': "import { b } from '../../packages/hunt/src/b.ts'\nexport const a = b",
        'packages/hunt/src/b.ts': 'export const b = 1',
      },
    ],
    [
      'a driver beside the one place for it',
      'one-driver',
      { 'src/cli/a.ts': "import pg from 'pg'\nexport const a = pg" },
    ],
    [
      'SQL outside the rooms for it',
      'sql-in-one-place',
      { 'src/features/a.ts': "import { sql } from 'kysely'\nexport const a = sql`select 1`" },
    ],
    [
      'a type of the query builder outside the rooms for SQL',
      'sql-in-one-place',
      { 'src/dashboard/pages/a.ts': "import type { Kysely } from 'kysely'\nexport type A = Kysely<unknown>" },
    ],
    [
      'a migration that leans on the program',
      'migrations-are-frozen',
      {
        'migrations/0001.ts': "import { a } from '../src/domain/a.ts'\nexport const b = a",
        'src/domain/a.ts': 'export const a = 1',
      },
    ],
    [
      'a feature that imports another feature',
      'features-apart',
      {
        'src/features/backfill/a.ts': "import { b } from '../required-jobs/index.ts'\nexport const a = b",
        'src/features/required-jobs/index.ts': 'export const b = 1',
      },
    ],
    [
      'a worker that knows a feature',
      'only-the-sum-imports-features',
      {
        'src/features/worker.ts': "import { b } from './report/index.ts'\nexport const a = b",
        'src/features/report/index.ts': 'export const b = 1',
      },
    ],
    [
      'a start that knows a feature',
      'only-the-sum-imports-features',
      {
        'src/start.ts': "import { b } from './features/report/index.ts'\nexport const a = b",
        'src/features/report/index.ts': 'export const b = 1',
      },
    ],
    [
      'a sum that looks into a feature',
      'features-by-their-index',
      {
        'src/features/all.ts': "import { b } from './report/report.ts'\nexport const a = b",
        'src/features/report/report.ts': 'export const b = 1',
      },
    ],
    [
      'a program that needs its tests',
      'no-test-in-src',
      {
        'src/domain/a.ts': "import { b } from '../../test/b.ts'\nexport const a = b",
        'test/b.ts': 'export const b = 1',
      },
    ],
    [
      'a circle of types',
      'no-cycles',
      {
        'src/domain/a.ts': "import type { B } from './b.ts'\nexport type A = B | 1",
        'src/domain/b.ts': "import type { A } from './a.ts'\nexport type B = A | 2",
      },
    ],
    [
      'an import that leads nowhere',
      'resolvable',
      { 'src/domain/a.ts': "import { b } from './none.ts'\nexport const a = b" },
    ],
    [
      'a development package',
      'no-development-packages',
      { 'src/cli/a.ts': "import fc from 'fast-check'\nexport const a = fc" },
    ],
  ])('%s', async (name, rule, files) => {
    expect(await rulesBroken(name, files)).toContain(rule)
  })

  test('nothing is seen where nothing is wrong', async () => {
    const files = {
      'src/domain/a.ts': "import { b } from './b.ts'\nexport const a = b",
      'src/domain/b.ts': 'export const b = 1',
    }
    expect(await rulesBroken('fine', files)).toEqual([])
  })
})

test('an arrow that follows from others is not drawn', () => {
  const parts = new Map([
    ['a', new Set(['b', 'c'])],
    ['b', new Set(['c'])],
    ['c', new Set<string>()],
  ])
  expect(diagram(parts)).toBe('flowchart TD\n  a --> b\n  b --> c')
})
