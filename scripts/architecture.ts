/** The layers as rules, and the imports between parts. A test compares the two; `npm run docs` writes both into the documentation. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  cruise,
  type DependencyType,
  type ICruiseResult,
  type IRegularForbiddenRuleType,
} from 'dependency-cruiser'

/** What each part of the repository holds, for the table in docs/architecture.md. */
const PURPOSES: Record<string, string> = {
  'packages/hunt': 'repeats a command or job until its flake rate is known; a separate package',
  'same-secret.ts': 'compares secrets in constant time',
  domain: 'the rules: outcome, run, flake, attribution, window, SLA, commands. Pure functions',
  server: 'HTTP: listening, health, set-up',
  simulate: 'made-up organisations with known truth, as deliveries',
  'config.ts': 'reads the environment',
  texts: 'every sentence that the app writes on GitHub. Pure functions',
  db: 'tables and queries; the drivers in `client.ts`',
  github: 'calls to GitHub',
  settings: 'reads and checks settings files',
  'deps.ts': 'the type of the dependencies passed to features',
  intake: 'receives a webhook, translates it into facts, stores them',
  derive: 'facts in, runs, verdicts, flakes, attributions and windows out',
  dashboard: 'pages, JSON API, CSV, charts and metrics; reads only',
  features: 'a folder per behaviour: reports, issues, backfill, retention, …; the outbox and the schedule',
  'pages.ts': 'connects the dashboard to the running server',
  'start.ts': 'starts the parts',
  'main.ts': 'the server’s process',
  cli: 'the command line',
  'fake-github': 'a GitHub for tests and the demo; not shipped',
  demo: 'the demo; not shipped',
}

/**
 * What each part may import from the others, from the bottom up. A part is a folder or file of `src/`, a package, or a folder
 * beside `src/`. An allowance that nothing uses fails the test.
 */
export const LAYERS: Record<string, readonly string[]> = {
  'packages/hunt': [],
  'same-secret.ts': [],
  domain: ['packages/hunt'],
  server: ['same-secret.ts'],
  simulate: ['domain'],
  'config.ts': ['domain'],
  texts: ['domain', 'packages/hunt'],
  db: ['domain'],
  github: ['domain'],
  settings: ['domain', 'db'],
  'deps.ts': ['domain', 'db', 'github'],
  intake: ['same-secret.ts', 'domain', 'db'],
  derive: ['domain', 'db'],
  dashboard: ['same-secret.ts', 'domain', 'db', 'derive', 'texts', 'packages/hunt'],
  features: ['deps.ts', 'domain', 'texts', 'db', 'github', 'settings', 'intake', 'derive', 'packages/hunt'],
  'pages.ts': ['config.ts', 'deps.ts', 'github', 'intake', 'dashboard'],
  'start.ts': [
    'pages.ts',
    'config.ts',
    'deps.ts',
    'domain',
    'settings',
    'github',
    'db',
    'intake',
    'derive',
    'dashboard',
    'features',
    'server',
  ],
  'main.ts': ['config.ts', 'domain', 'start.ts'],
  cli: [
    'config.ts',
    'domain',
    'texts',
    'settings',
    'github',
    'db',
    'intake',
    'derive',
    'features',
    'server',
    'simulate',
    'packages/hunt',
  ],
  'fake-github': [],
  demo: [
    'fake-github',
    'intake',
    'simulate',
    'domain',
    'cli',
    'config.ts',
    'features',
    'server',
    'start.ts',
    'texts',
  ],
}

/** Packages and Node modules that a layer may use. Layers that are not listed may use any. */
const PACKAGES: Record<string, readonly string[]> = {
  domain: ['temporal-polyfill', 'zod'],
  texts: [],
  db: ['kysely', 'crypto'],
  migrations: ['kysely'],
}

/** Only this file may import a database driver. */
const DRIVERS = { file: '^src/db/client\\.ts$', names: ['pg', '@electric-sql/pglite', 'node:sqlite'] }

/** Folders whose imports are read. */
const FOLDERS = ['src', 'packages', 'migrations', 'demo', 'fake-github']
const ROOMS = '^(src|packages/[^/]+/src|demo|fake-github)/'

/** dependency-cruiser's types of imports that are not files of the repository. */
const OUTSIDE: DependencyType[] = [
  'npm',
  'npm-dev',
  'npm-optional',
  'npm-peer',
  'npm-no-pkg',
  'npm-unknown',
  'core',
]

const TYPE_ONLY_TOO = { tsPreCompilationDeps: true }

/** Every rule, for dependency-cruiser. */
export const RULES: IRegularForbiddenRuleType[] = [
  ...Object.entries(LAYERS).map(([layer, allowed]) => ({
    name: `layer-${layer}`,
    comment: `${layer} may import only: itself${allowed.map((part) => `, ${part}`).join('')}. Move what is shared below both.`,
    severity: 'error' as const,
    from: { path: pathOf(layer) },
    to: { path: ROOMS, pathNot: [layer, ...allowed].map(pathOf) },
  })),
  ...Object.entries(PACKAGES).map(([layer, names]) => ({
    name: `packages-${layer}`,
    comment: `${layer} may use only these packages and modules: ${names.join(', ') || 'none'}.`,
    severity: 'error' as const,
    from: { path: layer === 'migrations' ? '^migrations/' : pathOf(layer), pathNot: DRIVERS.file },
    to: { dependencyTypes: OUTSIDE, pathNot: names.map(packageOf) },
  })),
  {
    name: 'domain-takes-statistics-alone',
    comment:
      'Of packages/hunt the domain uses @flake-sla/hunt/statistics only: formulas, and nothing that runs.',
    severity: 'error',
    from: { path: pathOf('domain') },
    to: { path: '^packages/', pathNot: '^packages/hunt/src/statistics/' },
  },
  {
    name: 'packages-by-name',
    comment:
      'Import a package by its name, like @flake-sla/hunt: a path into it does not exist where it is installed.',
    severity: 'error',
    from: { path: '^(src|demo|fake-github)/' },
    to: { path: '^packages/', dependencyTypesNot: ['aliased-workspace'] },
  },
  {
    name: 'one-driver',
    comment: 'Only src/db/client.ts knows a database driver: open databases through it.',
    severity: 'error',
    from: { path: `${ROOMS}|^migrations/`, pathNot: DRIVERS.file },
    to: { path: DRIVERS.names.map(packageOf) },
  },
  {
    name: 'sql-in-one-place',
    comment:
      'Queries are in src/db, and in src/dashboard/queries where only pages need them: call a function of these.',
    severity: 'error',
    from: { path: ROOMS, pathNot: '^src/(db|dashboard/queries)/' },
    to: { path: packageOf('kysely') },
  },
  {
    name: 'migrations-are-frozen',
    comment: 'A migration imports nothing of the program, which may change after the migration has run.',
    severity: 'error',
    from: { path: '^migrations/' },
    to: { path: '^(src|packages|test|scripts|migrations)/' },
  },
  {
    name: 'only-the-list-imports-migrations',
    comment: 'src/db/migrate.ts lists the migrations; nothing else needs them.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/db/migrate\\.ts$' },
    to: { path: '^migrations/' },
  },
  {
    name: 'features-apart',
    comment:
      'A feature imports no other feature: src/features/all.ts passes in what it needs, or it adds a task to the outbox.',
    severity: 'error',
    from: { path: '^src/features/([^/]+)/' },
    to: { path: '^src/features/[^/]+/', pathNot: '^src/features/$1/' },
  },
  {
    name: 'only-the-sum-imports-features',
    comment:
      'Above the features only src/features/all.ts imports them, through their index.ts: what runs them takes what they bring.',
    severity: 'error',
    from: { path: '^src/(features/[^/]+|[^/]+)\\.ts$', pathNot: '^src/features/all\\.ts$' },
    to: { path: '^src/features/[^/]+/' },
  },
  {
    name: 'features-by-their-index',
    comment: 'src/features/all.ts sees of a feature what its index.ts exports.',
    severity: 'error',
    from: { path: '^src/features/all\\.ts$' },
    to: { path: '^src/features/[^/]+/', pathNot: '/index\\.ts$' },
  },
  {
    name: 'no-test-in-src',
    comment:
      'The program never needs its tests, benchmarks, scripts, demo or fake GitHub: none of them ships.',
    severity: 'error',
    from: { path: '^(src|packages/[^/]+/src|migrations)/' },
    to: { path: '^(test|bench|scripts|demo|fake-github|packages/[^/]+/test)/' },
  },
  {
    name: 'no-cycles',
    comment: 'Two files that import each other are one: join them, or move what both need below them.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'This import leads nowhere.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-development-packages',
    comment: 'Move the package to "dependencies": it is not there where the program runs.',
    severity: 'error',
    from: { path: '^(src|packages/[^/]+/src|migrations)/' },
    // An optional peer of a package is among its development packages too.
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
  },
]

/** Reads every import of the folders, type-only ones too, and tries the rules. @param baseDir the project's root */
export async function readImports(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(join(baseDir, folder))),
    {
      baseDir,
      ...TYPE_ONLY_TOO,
      validate: true,
      ruleSet: { forbidden: RULES },
      doNotFollow: { path: 'node_modules' },
    },
    // Without these, kysely/migration and other entries of packages look as if they led nowhere.
    { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  )
  if (typeof output === 'string') throw new Error('dependency-cruiser gave text in place of its result')
  return output
}

/** Which part of `src/` imports which, parts being its folders and files. */
export function partsOf({ modules }: ICruiseResult): Map<string, Set<string>> {
  const parts = new Map<string, Set<string>>()
  for (const { source, dependencies } of modules) {
    const from = partOf(source)
    if (from === null) continue
    const to = parts.get(from) ?? new Set()
    parts.set(from, to)
    for (const { resolved } of dependencies) {
      const part = partOf(resolved)
      if (part !== null && part !== from) to.add(part)
    }
  }
  return parts
}

/** The layers as a Markdown table. */
export function layerTable(): string {
  const rows = Object.entries(LAYERS).map(
    ([part, allowed]) => `| \`${part}\` | ${PURPOSES[part] ?? ''} | ${allowed.join(', ') || '–'} |`,
  )
  return ['| part | what it is | may import |', '| --- | --- | --- |', ...rows].join('\n')
}

/** The imports between parts as a Mermaid diagram. An arrow that follows from others is left out. */
export function diagram(parts: ReadonlyMap<string, ReadonlySet<string>>): string {
  const arrows = [...parts].flatMap(([from, to]) =>
    [...to]
      .filter((part) => ![...to].some((other) => reaches(parts, other, part)))
      .map((part) => `  ${from} --> ${part}`),
  )
  return ['flowchart TD', ...arrows.sort()].join('\n')
}

/** Whether `from` imports `to` over at least one arrow. */
function reaches(parts: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>()
  const open = [from]
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    for (const next of parts.get(part) ?? []) {
      if (next === to) return true
      if (!seen.has(next)) open.push(next)
      seen.add(next)
    }
  }
  return false
}

function partOf(path: string): string | null {
  const [, inSrc, beside] = /^(?:src\/([^/]+)|(packages\/[^/]+\/src|demo|fake-github)\/)/.exec(path) ?? []
  return inSrc ?? beside?.replace(/\/src$/, '') ?? null
}

function pathOf(layer: string): string {
  if (layer.startsWith('packages/')) return `^${layer}/src/`
  const isBeside = layer === 'demo' || layer === 'fake-github'
  return `^${isBeside ? '' : 'src/'}${layer.replaceAll('.', '\\.')}(?:/|$)`
}

function packageOf(name: string): string {
  return `(?:^|(?:^|/)node_modules/)${name.replace(/^node:/, '(?:node:)?')}(?:/|$)`
}
