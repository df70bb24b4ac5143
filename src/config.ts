/** The configuration of the process: environment variables, read and checked once at the start. Secrets have no default. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { UserError } from './domain/user-error.ts'

const flag = z
  .enum(['0', '1', 'true', 'false', 'on', 'off', ''])
  .optional()
  .transform((value) => value === '1' || value === 'true' || value === 'on')

const DATABASE_HINT =
  'must be an address such as postgres://user:password@host:5432/name, with special characters of the password percent-encoded; for the embedded database, set DATA_DIR instead'

const schema = z.object({
  APP_ID: z.string().regex(/^\d+$/, 'must be the number on the app’s settings page').optional(),
  PRIVATE_KEY: z.string().optional(),
  PRIVATE_KEY_PATH: z.string().optional(),
  WEBHOOK_SECRET: z.string().optional(),
  GHE_HOST: z
    .string()
    .regex(
      /^[\w.-]+(?::\d+)?$/,
      'must be a host name such as github.example.org, without https:// and without a path',
    )
    .optional(),
  GHE_PROTOCOL: z.enum(['http', 'https']).default('https'),
  // Another text would be used as the name of a folder, which messages show together with the password in it.
  DATABASE_URL: z
    .string()
    .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), DATABASE_HINT)
    .optional(),
  DATA_DIR: z.string().default('./data'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  // Paths are appended to it in links for browsers and GitHub.
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://flakes.example.org' })
    .refine((text) => !/[?#]/.test(text), 'must not contain ? or #, because paths are appended to it')
    .optional(),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  SESSION_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters; create one with `openssl rand -hex 32`')
    .optional(),
  PUBLIC: z.enum(['on', 'off', 'true', 'false', '1', '0']).default('on'),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  DRY_RUN: flag,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

type Env = z.infer<typeof schema>

export interface Config {
  /** The app's credentials; null until the app is set up. */
  app: { id: string; privateKey: string; webhookSecret: string } | null
  /** Base address of GitHub's REST API. */
  apiUrl: string
  /** Base address of GitHub's pages. */
  githubUrl: string
  /** `postgres://…`, or the path of the embedded database's folder. */
  database: string
  host: string
  port: number
  publicUrl: string | null
  pages: PageConfig
  /** Whether to log what would be written to GitHub instead of writing it. */
  dryRun: boolean
  logLevel: string
}

/** Who may see the pages, and how people sign in. */
export interface PageConfig {
  /** The app's OAuth credentials and the session secret; null while one of the three is missing. */
  signIn: { clientId: string; clientSecret: string; secret: string } | null
  /** Whether public repositories are shown to everyone. */
  isPublic: boolean
  metricsToken: string | null
  /** One sentence for each feature that is off because a variable is missing. */
  off: readonly string[]
}

/** Names of all variables, which a test compares with `.env.example`. */
export const VARIABLES: readonly string[] = Object.keys(schema.shape)

/** Reads the configuration. @throws UserError that names each wrong variable and says what it must be */
export function readConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const result = schema.safeParse(set)
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new UserError(`Environment variables are not valid: ${problems.join('; ')}. See .env.example.`)
  }
  const variables = result.data
  const { GHE_HOST, GHE_PROTOCOL } = variables
  return {
    app: readApp(variables),
    apiUrl: GHE_HOST ? `${GHE_PROTOCOL}://${GHE_HOST}/api/v3` : 'https://api.github.com',
    githubUrl: GHE_HOST ? `${GHE_PROTOCOL}://${GHE_HOST}` : 'https://github.com',
    database: variables.DATABASE_URL ?? variables.DATA_DIR,
    host: variables.HOST,
    port: variables.PORT,
    publicUrl: variables.PUBLIC_URL?.replace(/\/$/, '') ?? null,
    pages: readPages(variables),
    dryRun: variables.DRY_RUN,
    logLevel: variables.LOG_LEVEL,
  }
}

function readPages(env: Env): PageConfig {
  const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, SESSION_SECRET, METRICS_TOKEN } = env
  const isPublic = ['on', 'true', '1'].includes(env.PUBLIC)
  const missing = Object.entries({ GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, SESSION_SECRET })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name)
  const signIn =
    GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET && SESSION_SECRET
      ? { clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET, secret: SESSION_SECRET }
      : null
  const off: string[] = []
  if (!signIn) {
    const result = isPublic
      ? 'nobody can see private repositories'
      : 'with PUBLIC=off, nobody can see anything'
    off.push(
      `Sign-in is off, because ${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} not set: ${result}.`,
    )
  }
  if (!METRICS_TOKEN) {
    const result = isPublic ? 'leaves private repositories out' : 'is closed, because PUBLIC is off'
    off.push(`METRICS_TOKEN is not set: /metrics ${result}.`)
  }
  return { signIn, isPublic, metricsToken: METRICS_TOKEN ?? null, off }
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function readApp(env: Env): Config['app'] {
  const { APP_ID: id, WEBHOOK_SECRET: webhookSecret } = env
  const privateKey = readPrivateKey(env)
  if (!id && !privateKey) return null
  if (!id || !privateKey)
    throw new UserError(
      'Set both APP_ID and PRIVATE_KEY (or PRIVATE_KEY_PATH), or neither to start the set-up page.',
    )
  // Probot would use "development" instead, which is public.
  if (!webhookSecret || webhookSecret === 'development') {
    throw new UserError(
      'WEBHOOK_SECRET is not set, or is "development", which anyone can guess. Set it to the webhook secret on the app’s settings page; without it, anyone could forge events.',
    )
  }
  if (!isPrivateKey(privateKey))
    throw new UserError(
      'PRIVATE_KEY (or the file at PRIVATE_KEY_PATH) is not an RSA private key. Use the complete .pem file that GitHub created for the app, as text or in base64.',
    )
  return { id, privateKey, webhookSecret }
}

/** Checked at the start, because otherwise only the first request to GitHub would fail. */
function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

function readPrivateKey({ PRIVATE_KEY, PRIVATE_KEY_PATH }: Env): string | null {
  if (PRIVATE_KEY) {
    const key = PRIVATE_KEY.replaceAll('\\n', '\n')
    return key.includes('BEGIN') ? key : Buffer.from(key, 'base64').toString('utf8')
  }
  if (!PRIVATE_KEY_PATH) return null
  try {
    return readFileSync(PRIVATE_KEY_PATH, 'utf8')
  } catch {
    throw new UserError(
      `PRIVATE_KEY_PATH: ${PRIVATE_KEY_PATH} cannot be read. It must be the path of the .pem file that GitHub created for the app.`,
    )
  }
}
