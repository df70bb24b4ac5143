/** Which advisories fail `npm run audit`, and what it prints. */
import { expect, test } from 'vitest'
import { judge } from '../../scripts/audit.ts'

const report = (severity: string) =>
  JSON.stringify({ vulnerabilities: { left: { severity, range: '<2', fixAvailable: true } } })

test.each([
  ['critical', true],
  ['high', true],
  ['moderate', false],
])('an advisory of severity %s fails the audit: %s', (severity, isBad) => {
  const audit = judge(report(severity))
  expect(audit.isBad).toBe(isBad)
  expect(audit.sentences.join('\n')).toContain(`left <2: ${severity}, a fix is available`)
})

test('the audit passes without advisories', () => {
  expect(judge('{"vulnerabilities":{}}')).toEqual({ sentences: ['0 packages with advisories'], isBad: false })
})

test.each([
  [
    'a mirror without advisories',
    '{"message":"405 Method Not Allowed","error":{"summary":"","detail":""}}',
    '405',
  ],
  ['no network', '', 'no answer'],
])('%s is reported and does not fail the audit', (_name, json, why) => {
  const audit = judge(json)
  expect(audit.isBad).toBe(false)
  expect(audit.sentences[0]).toContain(why)
})
