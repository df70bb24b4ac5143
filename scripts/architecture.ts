/** The layers as rules, and the imports as they are: a test holds one to the other, `npm run docs` draws the second. */
import {
  cruise,
  type DependencyType,
  type ICruiseResult,
  type IRegularForbiddenRuleType,
} from 'dependency-cruiser'

/** What each folder or file of `src/` may import from the others. Whoever adds a folder says here where it stands. */
export const LAYERS: Record<string, readonly string[]> = {
  domain: [],
  texts: ['domain'],
  policy: ['domain'],
  webhooks: ['domain'],
  github: ['domain'],
  db: ['domain'],
  pipeline: ['domain', 'db', 'webhooks', 'policy'],
  history: ['deps.ts', 'domain', 'db', 'github', 'webhooks', 'pipeline'],
  dashboard: ['domain', 'texts', 'db', 'pipeline'],
  'deps.ts': ['domain', 'db', 'github'],
  effects: ['deps.ts', 'domain', 'texts', 'db', 'github', 'pipeline', 'policy', 'history', 'hunt'],
  timers: ['deps.ts', 'domain', 'webhooks', 'db', 'github', 'pipeline', 'policy', 'effects', 'history'],
  server: ['domain'],
  'config.ts': ['domain'],
  'pages.ts': ['config.ts', 'deps.ts', 'github', 'pipeline', 'dashboard'],
  'worker.ts': ['deps.ts', 'pipeline', 'effects'],
  'start.ts': [
    'worker.ts',
    'config.ts',
    'deps.ts',
    'pages.ts',
    'domain',
    'texts',
    'policy',
    'github',
    'db',
    'pipeline',
    'history',
    'dashboard',
    'effects',
    'timers',
    'server',
  ],
  'main.ts': ['config.ts', 'domain', 'start.ts'],
  hunt: ['domain', 'texts'],
  simulate: ['domain'],
  standin: [],
  cli: [
    'config.ts',
    'deps.ts',
    'domain',
    'texts',
    'policy',
    'webhooks',
    'github',
    'db',
    'pipeline',
    'history',
    'effects',
    'hunt',
    'server',
    'simulate',
  ],
  demo: [
    'config.ts',
    'start.ts',
    'domain',
    'texts',
    'db',
    'pipeline',
    'history',
    'dashboard',
    'timers',
    'server',
    'cli',
    'simulate',
    'standin',
  ],
}

/** Packages and Node modules that a layer may use; layers not named may use any. */
const PACKAGES: Record<string, readonly string[]> = {
  domain: ['temporal-polyfill'],
  texts: [],
  webhooks: ['zod', 'crypto'],
  db: ['kysely', 'crypto'],
  migrations: ['kysely'],
}

/** The only files that may know how to reach a database. */
const DRIVERS = { file: '^src/db/client\\.ts$', names: ['pg', '@electric-sql/pglite', 'node:sqlite'] }

/** How dependency-cruiser calls what is not a file of ours. */
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
    comment: `${layer} may import only: itself${allowed.map((one) => `, ${one}`).join('')}. Move what is shared below both.`,
    severity: 'error' as const,
    from: { path: pathOf(layer) },
    to: {
      path: '^src/',
      pathNot: [layer, ...allowed].map(pathOf),
    },
  })),
  ...Object.entries(PACKAGES).map(([layer, names]) => ({
    name: `packages-${layer}`,
    comment: `${layer} may use only these packages and modules: ${names.join(', ') || 'none'}.`,
    severity: 'error' as const,
    from: { path: layer === 'migrations' ? '^migrations/' : pathOf(layer), pathNot: DRIVERS.file },
    to: { dependencyTypes: OUTSIDE, pathNot: names.map(packageOf) },
  })),
  {
    name: 'one-driver',
    comment: 'Only src/db/client.ts knows a database driver: open databases through it.',
    severity: 'error',
    from: { path: '^(src|migrations)/', pathNot: DRIVERS.file },
    to: { path: DRIVERS.names.map(packageOf) },
  },
  {
    name: 'migrations-are-frozen',
    comment: 'A migration stands for itself: what it imports may change after it has run somewhere.',
    severity: 'error',
    from: { path: '^migrations/' },
    to: { path: '^(src|test|scripts|migrations)/' },
  },
  {
    name: 'only-the-list-imports-migrations',
    comment: 'src/db/migrate.ts lists the migrations; nothing else needs them.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/db/migrate\\.ts$' },
    to: { path: '^migrations/' },
  },
  {
    name: 'no-test-in-src',
    comment: 'The program never needs its tests, benchmarks or scripts.',
    severity: 'error',
    from: { path: '^(src|migrations)/' },
    to: { path: '^(test|bench|scripts)/' },
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
    // The stand-in for GitHub is a tool for tests and for the demo, which run from the repository.
    from: { path: '^(src|migrations)/', pathNot: '^src/(standin|demo)/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
]

/** Reads every import of the folders, type-only ones too, and tries the rules. @param baseDir the project's root */
export async function readImports(baseDir: string, folders = ['src', 'migrations']): Promise<ICruiseResult> {
  const { output } = await cruise(
    folders,
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
  return /^src\/([^/]+)/.exec(path)?.[1] ?? null
}

function pathOf(layer: string): string {
  return `^src/${layer.replaceAll('.', '\\.')}(?:/|$)`
}

function packageOf(name: string): string {
  return `(?:^|(?:^|/)node_modules/)${name.replace(/^node:/, '(?:node:)?')}(?:/|$)`
}
