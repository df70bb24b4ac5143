/** The process's settings: the environment, read once and checked. Secrets have no default. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { UserError } from './domain/user-error.ts'

const flag = z
  .enum(['0', '1', 'true', 'false', 'on', 'off', ''])
  .optional()
  .transform((value) => value === '1' || value === 'true' || value === 'on')

const DATABASE_HINT =
  'is an address such as postgres://user:password@host:5432/name (a password’s special characters as %40 and so on); for the embedded database set DATA_DIR'

const schema = z.object({
  APP_ID: z.string().regex(/^\d+$/, 'is a number, as the app’s settings page shows it').optional(),
  PRIVATE_KEY: z.string().optional(),
  PRIVATE_KEY_PATH: z.string().optional(),
  WEBHOOK_SECRET: z.string().optional(),
  GHE_HOST: z.string().optional(),
  GHE_PROTOCOL: z.enum(['http', 'https']).default('https'),
  // Anything else would be taken for a folder, made, and named in messages with the password in it.
  DATABASE_URL: z
    .string()
    .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), DATABASE_HINT)
    .optional(),
  DATA_DIR: z.string().default('./data'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  PUBLIC_URL: z.url().optional(),
  DRY_RUN: flag,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export interface Config {
  /** Null until the app is set up. */
  app: { id: string; privateKey: string; webhookSecret: string } | null
  /** Base address of GitHub's REST API. */
  apiUrl: string
  /** Where people see GitHub. */
  githubUrl: string
  /** `postgres://…`, or the folder of the embedded database. */
  database: string
  host: string
  port: number
  publicUrl: string | null
  /** Log what would be written to GitHub and write nothing. */
  dryRun: boolean
  logLevel: string
}

/** Every variable that is read, for the test that holds `.env.example` to it. */
export const VARIABLES: readonly string[] = Object.keys(schema.shape)

/** @throws UserError naming the variable and what it may be */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = schema.safeParse(given)
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new UserError(
      `The environment has settings that cannot be used: ${problems.join('; ')}. See .env.example.`,
    )
  }
  const told = result.data
  const { GHE_HOST, GHE_PROTOCOL } = told
  return {
    app: readApp(told),
    apiUrl: GHE_HOST ? `${GHE_PROTOCOL}://${GHE_HOST}/api/v3` : 'https://api.github.com',
    githubUrl: GHE_HOST ? `${GHE_PROTOCOL}://${GHE_HOST}` : 'https://github.com',
    database: told.DATABASE_URL ?? told.DATA_DIR,
    host: told.HOST,
    port: told.PORT,
    publicUrl: told.PUBLIC_URL?.replace(/\/$/, '') ?? null,
    dryRun: told.DRY_RUN,
    logLevel: told.LOG_LEVEL,
  }
}

function readApp(told: z.infer<typeof schema>): Config['app'] {
  const { APP_ID: id, WEBHOOK_SECRET: webhookSecret } = told
  const privateKey = readPrivateKey(told)
  if (!id && !privateKey) return null
  if (!id || !privateKey)
    throw new UserError(
      'APP_ID and PRIVATE_KEY (or PRIVATE_KEY_PATH) belong together: set both, or neither to be led through the set-up.',
    )
  // Probot would fall back to "development", and anybody could sign events with that.
  if (!webhookSecret || webhookSecret === 'development') {
    throw new UserError(
      'WEBHOOK_SECRET is not set (or is "development", which anybody can guess). Set it to the secret in the app’s settings; without it anybody could send events.',
    )
  }
  return { id, privateKey, webhookSecret }
}

function readPrivateKey({ PRIVATE_KEY, PRIVATE_KEY_PATH }: z.infer<typeof schema>): string | null {
  if (PRIVATE_KEY) {
    const key = PRIVATE_KEY.replaceAll('\\n', '\n')
    return key.includes('BEGIN') ? key : Buffer.from(key, 'base64').toString('utf8')
  }
  if (!PRIVATE_KEY_PATH) return null
  try {
    return readFileSync(PRIVATE_KEY_PATH, 'utf8')
  } catch {
    throw new UserError(
      `PRIVATE_KEY_PATH: ${PRIVATE_KEY_PATH} cannot be read. Name the .pem file that GitHub made for the app.`,
    )
  }
}
