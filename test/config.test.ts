/** The environment of an operator who mistyped: each mistake ends the start with the variable's name and what it may be. */
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

test.each([
  ['no key', { PRIVATE_KEY: 'garbage' }, /^PRIVATE_KEY .* is no private key/],
  ['a key cut off', { PRIVATE_KEY: PRIVATE_KEY.slice(0, 400) }, /^PRIVATE_KEY .* is no private key/],
  ['a key of another kind', { PRIVATE_KEY: OTHER_KIND }, /^PRIVATE_KEY .* is no private key/],
  ['an address for a host', { GHE_HOST: 'https://github.example.org' }, /GHE_HOST: is a host name/],
  ['a host with a path', { GHE_HOST: 'github.example.org/api' }, /GHE_HOST: is a host name/],
  ['a script for an address', { PUBLIC_URL: 'javascript:alert(1)' }, /PUBLIC_URL: is an address/],
  ['an address with a query', { PUBLIC_URL: 'https://x.example/?a=1' }, /PUBLIC_URL: has no \?/],
])('%s', (_name, env, sentence) => {
  const read = () => readConfig({ ...APP, ...env })
  expect(read).toThrow(UserError)
  expect(read).toThrow(sentence)
})

test('a key is taken as it is, in one line, and in base64', () => {
  for (const key of [PRIVATE_KEY, PRIVATE_KEY.replaceAll('\n', '\\n'), btoa(PRIVATE_KEY)])
    expect(readConfig({ ...APP, PRIVATE_KEY: key }).app?.privateKey.trim()).toBe(PRIVATE_KEY.trim())
})

test('addresses that are right are taken', () => {
  const config = readConfig({ GHE_HOST: 'github.example.org:8443', PUBLIC_URL: 'https://x.example/flakes/' })
  expect(config.apiUrl).toBe('https://github.example.org:8443/api/v3')
  expect(config.publicUrl).toBe('https://x.example/flakes')
})
