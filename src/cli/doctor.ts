/** `doctor`: checks everything that an installation needs, and says how to fix what is wrong. */
import { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { openDatabase } from '../db/client.ts'
import { readDatabaseState } from '../db/database-state.ts'
import { readLikelyGates } from '../db/gates.ts'
import { readRepositories } from '../db/repositories.ts'
import type { Db } from '../db/schema.ts'
import { readScope } from '../db/scope.ts'
import { type Finding, fine, odd, wrong } from '../domain/finding.ts'
import { isUserError } from '../domain/user-error.ts'
import { readStoredSettings } from '../settings/stored.ts'
import { plain } from '../texts/markdown.ts'
import { clock, examineGitHub } from './doctor-github.ts'

const MIN_POSTGRES = 150_000
const GITHUB_TIMEOUT_MS = 10_000
const MARKS = { fine: '✓', odd: '!', wrong: '✗' }

/** The command, for the program to add. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check configuration, database, permissions, events and webhooks; exits with 1 if something is wrong',
    )
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .option('--json', 'print the findings as JSON')
    .action(async (options: { databaseUrl?: string; json?: boolean }) => {
      const findings = await examine({
        ...process.env,
        ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
      })
      const isHealthy = findings.every(({ level }) => level !== 'wrong')
      process.stdout.write(
        options.json ? `${JSON.stringify({ healthy: isHealthy, findings }, null, 2)}\n` : textOf(findings),
      )
      if (!isHealthy) process.exitCode = 1
    })
}

/** Runs every check, in the order in which problems should be fixed. @param env the environment, as the server reads it */
export async function examine(env: Record<string, string | undefined>): Promise<Finding[]> {
  let config: Config
  try {
    config = readConfig(env)
  } catch (error) {
    if (!isUserError(error)) throw error
    return [
      wrong(
        'configuration',
        error.message,
        'Fix the environment or .env. See .env.example for each variable.',
      ),
    ]
  }
  const findings = [
    fine('configuration', 'The configuration is valid.'),
    ...(await examineDatabase(config.database)),
  ]
  if (!config.app) {
    return [
      ...findings,
      wrong(
        'app credentials',
        'APP_ID, PRIVATE_KEY and WEBHOOK_SECRET are not set.',
        'Start the server and open /probot to create the app, or copy them from the app’s settings page.',
      ),
    ]
  }
  return [
    ...findings,
    ...(await examineGitHub(config, config.app)),
    ...(await examineAddress(config.publicUrl)),
  ]
}

async function examineDatabase(where: string): Promise<Finding[]> {
  let database: Awaited<ReturnType<typeof openDatabase>>
  try {
    database = await openDatabase(where)
  } catch (error) {
    return [
      odd(
        'database',
        (error as Error).message,
        'If the server is using the data folder, ignore this. Otherwise fix it as described.',
      ),
    ]
  }
  try {
    const state = await readDatabaseState(database.db)
    const name = database.embedded
      ? `The embedded database in ${database.name}`
      : `PostgreSQL at ${database.name}`
    const findings = [
      state.version < MIN_POSTGRES
        ? wrong('database', `${name} is older than PostgreSQL 15.`, 'Upgrade it.')
        : fine('database', `${name} answers.`),
      state.isMigrated
        ? fine('schema', 'The schema is up to date.')
        : odd('schema', 'The schema is not up to date.', 'Start the server, or run flake-sla migrate.'),
      ...clock('the database', state.now - Date.now()),
    ]
    if (!state.isDurable)
      findings.push(
        odd(
          'database',
          'synchronous_commit is off: if PostgreSQL crashes, acknowledged webhooks can be lost.',
          'Turn it on for this database.',
        ),
      )
    return state.isMigrated ? [...findings, ...(await examineGates(database.db))] : findings
  } catch (error) {
    return [
      wrong(
        'database',
        `The database does not answer: ${(error as Error).message}.`,
        'Check DATABASE_URL, and that this machine can reach it.',
      ),
    ]
  } finally {
    await database.close()
  }
}

/** Jobs that count although they may be gates: each can make flakes of what people do. */
async function examineGates(db: Db): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { repository_id, full_name } of await readRepositories(db)) {
    const loaded = await readScope(db, repository_id, await readStoredSettings(db, repository_id))
    for (const { job, why } of await readLikelyGates(db, repository_id, loaded))
      findings.push(
        odd(
          'gates',
          `${full_name}: ${plain(job)} counts, but may be a gate (${why}).`,
          'If it states something about the pull request and tests nothing, add it to gates.include in .github/flake-sla.yml.',
        ),
      )
  }
  return findings
}

async function examineAddress(publicUrl: string | null): Promise<Finding[]> {
  if (!publicUrl) return []
  const check = 'reachability'
  try {
    const answer = await fetch(`${publicUrl}/healthz`, { signal: AbortSignal.timeout(GITHUB_TIMEOUT_MS) })
    if (answer.ok) return [fine(check, `${publicUrl} answers from here.`)]
    return [
      wrong(
        check,
        `${publicUrl}/healthz answers with status ${answer.status}.`,
        'Check the proxy in front of this server.',
      ),
    ]
  } catch {
    return [
      wrong(
        check,
        `${publicUrl} cannot be reached from here.`,
        'Start the server, and check DNS, the certificate, and the proxy or firewall in front of it.',
      ),
    ]
  }
}

function textOf(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, level, says, todo }) => [
    `${MARKS[level]} ${check}: ${says}`,
    ...(todo ? [`    → ${todo}`] : []),
  ])
  const failed = findings.filter(({ level }) => level !== 'fine').length
  const end = failed === 0 ? 'All checks passed.' : `${failed} of ${findings.length} checks failed.`
  return `${lines.join('\n')}\n\n${end}\n`
}
