/**
 * Mutation testing: changes one operator, boundary, literal or call of a file at a time and runs its tests. A change that no
 * test notices (a survivor) is a rule that no test holds.
 *
 *     npm run mutate -- src/domain/head.ts [TEST…]
 *
 * Runs the tests of the file's room (test/domain for src/domain), or those given. A comment `// Stryker disable next-line`
 * with a reason excludes a mutant that cannot change behaviour.
 */
import { existsSync } from 'node:fs'
import { Stryker } from '@stryker-mutator/core'

/** Rooms whose tests need no database. */
const WITHOUT_DATABASE = ['domain', 'texts', 'settings']
/** Percent of mutants that tests must notice; texts and the code with side effects are held to less than the domain. */
const MIN_SCORES: Record<string, number> = { domain: 90 }
const MIN_SCORE = 80

const [file, ...tests] = process.argv.slice(2)
if (file === undefined || !existsSync(file)) {
  console.error('Usage: npm run mutate -- FILE [TEST…], for example src/domain/head.ts')
  process.exit(2)
}

const room = /^src\/([^/]+)\//.exec(file)?.[1]
const testFolder = room === undefined ? file.replace(/\/src\/.*/, '/test') : `test/${room}`
process.env.MUTATE_TESTS = tests.length > 0 ? tests.join() : `${testFolder}/**/*.test.ts`
process.env.MUTATE_DATABASE = room === undefined || WITHOUT_DATABASE.includes(room) ? 'no' : 'yes'

const results = await new Stryker({
  mutate: [file],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/mutate-vitest.config.ts', related: false },
  // The tests run from the sources, so no TypeScript project has to be rewritten.
  tsconfigFile: 'none.json',
  coverageAnalysis: 'perTest',
  concurrency: 1,
  reporters: ['progress-append-only'],
  allowConsoleColors: false,
  ignorePatterns: ['docs', 'dist', 'deploy', 'reports'],
}).runMutationTest()

const survivors = results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
const killed = results.filter(({ status }) => status === 'Killed' || status === 'Timeout')
for (const survivor of survivors) console.log(describe(survivor))
const score = (100 * killed.length) / (killed.length + survivors.length)
console.log(`${file}: ${killed.length} of ${killed.length + survivors.length} killed, ${score.toFixed(1)} %`)
process.exitCode = score >= (MIN_SCORES[room ?? ''] ?? MIN_SCORE) ? 0 : 1

function describe({ location, status, mutatorName, replacement }: (typeof results)[number]): string {
  const { line, column } = location.start
  return `${file}:${line}:${column} ${status} ${mutatorName} → ${replacement?.replaceAll(/\s+/g, ' ').slice(0, 100)}`
}
