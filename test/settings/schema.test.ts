/** The published JSON Schema: the same as the program's own, meaningful everywhere, and usable by an editor. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseSettingsInput } from '../../src/settings/read.ts'
import { settingsJsonSchema } from '../../src/settings/schema.ts'

const published = JSON.parse(
  readFileSync(new URL('../../schema/flake-sla.schema.json', import.meta.url), 'utf8'),
)
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published)

test('schema/flake-sla.schema.json is what the program reads by; npm run docs renews it', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())))
})

test('every setting says what it means and allows', () => {
  const silent: string[] = []
  const look = (properties: Record<string, { description?: string; properties?: object }>, path: string) => {
    for (const [name, one] of Object.entries(properties)) {
      if (!/ Allowed: .+\.$/.test(one.description ?? '')) silent.push(`${path}${name}`)
      if (one.properties) look(one.properties as typeof properties, `${path}${name}.`)
    }
  }
  look(published.properties, '')
  expect(Object.keys(published.properties).length).toBeGreaterThan(8)
  expect(silent).toEqual([])
})

test.each([
  ['target: 0.05', true],
  ['required: auto', true],
  ['required: [unit, "e2e-*"]', true],
  ['breach_issue: { mode: rolling, repository: acme/ci, assignees: [octocat] }', true],
  ['tagret: 1', false],
  ['target: 2', false],
  ['breach_issue: { mode: weekly }', false],
  ['required: sometimes', false],
  ['owners: [{ job: x }]', false],
])('an editor says the same as the program of %j', (text, isFine) => {
  expect([validate(parse(text)), parseSettingsInput(text).problems.length === 0]).toEqual([isFine, isFine])
})
