/** `doctor`: looks at everything that an installation needs, and says what to do about what is amiss. */
import { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { openDatabase } from '../db/client.ts'
import { readDatabaseState } from '../db/database-state.ts'
import { type Finding, fine, odd, wrong } from '../domain/finding.ts'
import { isUserError } from '../domain/user-error.ts'
import { clock, readStanding } from './doctor-checks.ts'

const MIN_POSTGRES = 150_000
const GITHUB_TIMEOUT_MS = 10_000
const SIGNS = { fine: '✓', odd: '!', wrong: '✗' }

/** The command, for the program to add. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check settings, database, permissions, events and webhooks; exits with 1 when something is wrong',
    )
    .option('--database-url <url>', 'postgres://… or a folder (default: DATABASE_URL, else ./data)')
    .option('--json', 'the findings as JSON')
    .action(async (options: { databaseUrl?: string; json?: boolean }) => {
      const findings = await examine({
        ...process.env,
        ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
      })
      const isHealthy = findings.every((one) => one.level !== 'wrong')
      process.stdout.write(
        options.json ? `${JSON.stringify({ healthy: isHealthy, findings }, null, 2)}\n` : textOf(findings),
      )
      if (!isHealthy) process.exitCode = 1
    })
}

/** Every check, in the order in which one would mend things. @param env the settings, as the server would read them */
export async function examine(env: Record<string, string | undefined>): Promise<Finding[]> {
  let config: Config
  try {
    config = readConfig(env)
  } catch (error) {
    if (!isUserError(error)) throw error
    return [
      wrong('settings', error.message, 'Mend the environment or .env; .env.example explains each setting.'),
    ]
  }
  const findings = [
    fine('settings', 'The settings can be used.'),
    ...(await examineDatabase(config.database)),
  ]
  if (!config.app) {
    return [
      ...findings,
      wrong(
        'app credentials',
        'APP_ID, PRIVATE_KEY and WEBHOOK_SECRET are not set.',
        'Start the server and open /probot on it, or set them from the app’s settings page.',
      ),
    ]
  }
  return [
    ...findings,
    ...(await readStanding(config, config.app)),
    ...(await examineAddress(config.publicUrl)),
  ]
}

async function examineDatabase(where: string): Promise<Finding[]> {
  let database: Awaited<ReturnType<typeof openDatabase>>
  try {
    database = await openDatabase(where)
  } catch (error) {
    const says = (error as Error).message
    return [
      odd(
        'database',
        says,
        'Where the server itself holds the data folder, all is well; else do as it says.',
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
        ? fine('schema', 'The schema is the latest.')
        : odd('schema', 'The schema is not the latest.', 'Start the server, or run flake-sla migrate.'),
      ...clock('database', state.now - Date.now()),
    ]
    if (!state.isDurable)
      findings.push(
        odd(
          'database',
          'synchronous_commit is off: an acknowledged webhook can be lost in a crash of PostgreSQL.',
          'Turn it on for this database.',
        ),
      )
    return findings
  } catch (error) {
    return [
      wrong(
        'database',
        `The database does not answer: ${(error as Error).message}.`,
        'Check DATABASE_URL, and that this machine may reach it.',
      ),
    ]
  } finally {
    await database.close()
  }
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
        `${publicUrl}/healthz answers with ${answer.status}.`,
        'Check the proxy before this server.',
      ),
    ]
  } catch {
    return [
      wrong(
        check,
        `${publicUrl} cannot be reached from here.`,
        'Start the server; check its name, its certificate, and the proxy or firewall before it.',
      ),
    ]
  }
}

function textOf(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ check, level, says, todo }) => [
    `${SIGNS[level]} ${check}: ${says}`,
    ...(todo ? [`    → ${todo}`] : []),
  ])
  const count = findings.filter((one) => one.level !== 'fine').length
  const end = count === 0 ? 'Nothing is amiss.' : `${count} of ${findings.length} checks want attention.`
  return `${lines.join('\n')}\n\n${end}\n`
}
