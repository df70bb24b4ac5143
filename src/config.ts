/** The process's settings: the environment, read once and checked. Secrets have no default. */
import { createPrivateKey } from 'node:crypto'
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
  GHE_HOST: z
    .string()
    .regex(/^[\w.-]+(?::\d+)?$/, 'is a host name such as github.example.org, without https:// and path')
    .optional(),
  GHE_PROTOCOL: z.enum(['http', 'https']).default('https'),
  // Anything else would be taken for a folder, made, and named in messages with the password in it.
  DATABASE_URL: z
    .string()
    .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), DATABASE_HINT)
    .optional(),
  DATA_DIR: z.string().default('./data'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  // Sent to browsers and to GitHub, with paths put behind it.
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'is an address such as https://flakes.example.org' })
    .refine((text) => !/[?#]/.test(text), 'has no ? and no #: paths are put behind it')
    .optional(),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  SESSION_SECRET: z
    .string()
    .min(32, 'has at least 32 characters; `openssl rand -hex 32` makes one')
    .optional(),
  PUBLIC: z.enum(['on', 'off', 'true', 'false', '1', '0']).default('on'),
  METRICS_TOKEN: z.string().min(16, 'has at least 16 characters').optional(),
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
  pages: PageSettings
  /** Log what would be written to GitHub and write nothing. */
  dryRun: boolean
  logLevel: string
}

/** Who may see the pages, and how people show who they are. */
export interface PageSettings {
  /** The app's own OAuth credentials and the secret of sessions; null while one of the three is missing. */
  signIn: { clientId: string; clientSecret: string; secret: string } | null
  /** Whether public repositories are shown to everybody. */
  isPublic: boolean
  metricsToken: string | null
  /** What is off because a setting is missing, a sentence each. */
  off: readonly string[]
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
    pages: readPages(told),
    dryRun: told.DRY_RUN,
    logLevel: told.LOG_LEVEL,
  }
}

function readPages(told: z.infer<typeof schema>): PageSettings {
  const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, SESSION_SECRET, METRICS_TOKEN } = told
  const isPublic = ['on', 'true', '1'].includes(told.PUBLIC)
  const missing = Object.entries({ GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, SESSION_SECRET })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name)
  const signIn =
    GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET && SESSION_SECRET
      ? { clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET, secret: SESSION_SECRET }
      : null
  const off: string[] = []
  if (!signIn)
    off.push(
      `Signing in is off, because ${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} not set: ${isPublic ? 'private repositories are shown to nobody' : 'with PUBLIC=off nothing is shown to anybody'}.`,
    )
  if (!METRICS_TOKEN)
    off.push(
      `METRICS_TOKEN is not set: /metrics ${isPublic ? 'leaves private repositories out' : 'is closed, because PUBLIC is off'}.`,
    )
  return { signIn, isPublic, metricsToken: METRICS_TOKEN ?? null, off }
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
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
  if (!isPrivateKey(privateKey))
    throw new UserError(
      'PRIVATE_KEY (or the file at PRIVATE_KEY_PATH) is no private key. Give the .pem file that GitHub made for the app, whole, as it is or in base64.',
    )
  return { id, privateKey, webhookSecret }
}

/** Without this the app would start, and fail at its first word to GitHub. */
function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
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
