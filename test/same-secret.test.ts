import { expect, test } from 'vitest'
import { isSameSecret } from '../src/same-secret.ts'

test.each([
  ['secret', 'secret', true],
  ['secret', 'secreT', false],
  ['secret', 'secret2', false],
  ['', 'secret', false],
  ['', '', true],
])('%j and %j: same secret is %s', (given, expected, isSame) => {
  expect(isSameSecret(given, expected)).toBe(isSame)
})
