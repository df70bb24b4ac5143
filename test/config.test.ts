/** A mistake in the environment ends the start with the name of the variable and what it must be. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { UserError } from '../src/domain/user-error.ts'
import { PRIVATE_KEY } from './support/app.ts'

const APP = { APP_ID: '1', PRIVATE_KEY, WEBHOOK_SECRET: 'a secret' }
const { privateKey: OTHER_KIND } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const NOT_A_KEY = /^PRIVATE_KEY .* is not an RSA private key/

test.each<[string, Record<string, string>, RegExp]>([
  ['a text that is not a key', { PRIVATE_KEY: 'garbage' }, NOT_A_KEY],
  ['a key that was cut off', { PRIVATE_KEY: PRIVATE_KEY.slice(0, 400) }, NOT_A_KEY],
  ['a key of another kind', { PRIVATE_KEY: OTHER_KIND }, NOT_A_KEY],
  ['no key at all', { PRIVATE_KEY: '' }, /^Set both APP_ID and PRIVATE_KEY/],
  ['a key without an app id', { APP_ID: '' }, /^Set both APP_ID and PRIVATE_KEY/],
  ['an app id that is not a number', { APP_ID: 'flake-sla' }, /APP_ID: must be the number/],
  [
    'a key file that does not exist',
    { PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/none.pem' },
    /none\.pem cannot be read/,
  ],
  ['no webhook secret', { WEBHOOK_SECRET: '' }, /^WEBHOOK_SECRET is not set/],
  [
    "Probot's own webhook secret",
    { WEBHOOK_SECRET: 'development' },
    /^WEBHOOK_SECRET is not set, or is "development"/,
  ],
  ['an address as a host name', { GHE_HOST: 'https://github.example.org' }, /GHE_HOST: must be a host name/],
  ['a host name with a path', { GHE_HOST: 'github.example.org/api' }, /GHE_HOST: must be a host name/],
  ['a script as an address', { PUBLIC_URL: 'javascript:alert(1)' }, /PUBLIC_URL: must be an address/],
  ['an address with a query', { PUBLIC_URL: 'https://x.example/?a=1' }, /PUBLIC_URL: must not contain \?/],
  [
    'another kind of database',
    { DATABASE_URL: 'mysql://x/y' },
    /DATABASE_URL: must be an address such as postgres/,
  ],
  ['a short session secret', { SESSION_SECRET: 'x'.repeat(31) }, /SESSION_SECRET: must have at least 32/],
  ['a short metrics token', { METRICS_TOKEN: 'x'.repeat(15) }, /METRICS_TOKEN: must have at least 16/],
  ['a port that does not exist', { PORT: '65536' }, /PORT: /],
  ['a level that does not exist', { LOG_LEVEL: 'loud' }, /LOG_LEVEL: /],
])('%s ends the start', (_name, env, sentence) => {
  const read = () => readConfig({ ...APP, ...env })
  expect(read).toThrow(UserError)
  expect(read).toThrow(sentence)
})

test('a private key may be given as it is, in one line, or in base64', () => {
  for (const key of [PRIVATE_KEY, PRIVATE_KEY.replaceAll('\n', '\\n'), btoa(PRIVATE_KEY)])
    expect(readConfig({ ...APP, PRIVATE_KEY: key }).app?.privateKey.trim()).toBe(PRIVATE_KEY.trim())
})

test('addresses follow from the host of GitHub and the address of this server', () => {
  const config = readConfig({ GHE_HOST: 'github.example.org:8443', PUBLIC_URL: 'https://x.example/flakes/' })
  expect(config.apiUrl).toBe('https://github.example.org:8443/api/v3')
  expect(config.githubUrl).toBe('https://github.example.org:8443')
  expect(config.publicUrl).toBe('https://x.example/flakes')
})

test('an empty environment gives the defaults', () => {
  expect(readConfig({})).toEqual({
    app: null,
    apiUrl: 'https://api.github.com',
    githubUrl: 'https://github.com',
    database: './data',
    host: '127.0.0.1',
    port: 3000,
    publicUrl: null,
    pages: {
      signIn: null,
      isPublic: true,
      metricsToken: null,
      off: [
        'Sign-in is off, because GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET and SESSION_SECRET are not set: nobody can see private repositories.',
        'METRICS_TOKEN is not set: /metrics leaves private repositories out.',
      ],
    },
    dryRun: false,
    logLevel: 'info',
  })
})

test('with everything for sign-in and metrics set, nothing is off', () => {
  const secret = 's'.repeat(32)
  const env = {
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET: 'x',
    SESSION_SECRET: secret,
    METRICS_TOKEN: secret,
  }
  expect(readConfig(env).pages).toEqual({
    signIn: { clientId: 'id', clientSecret: 'x', secret },
    isPublic: true,
    metricsToken: secret,
    off: [],
  })
})

test.each([
  ['1', true],
  ['on', true],
  ['true', true],
  ['0', false],
  ['off', false],
  ['', false],
])('DRY_RUN=%s means %s', (DRY_RUN, expected) => {
  expect(readConfig({ DRY_RUN }).dryRun).toBe(expected)
})
