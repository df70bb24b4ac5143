/** The published JSON Schema: it equals the program's own, describes every setting, and works in editors. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { DEFAULT_SETTINGS, type Settings } from '../../src/domain/settings.ts'
import { compareSettings } from '../../src/settings/compare.ts'
import { parseSettingsInput } from '../../src/settings/read.ts'
import { settingsJsonSchema } from '../../src/settings/schema.ts'

const published = JSON.parse(
  readFileSync(new URL('../../schema/flake-sla.schema.json', import.meta.url), 'utf8'),
)
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(published)

test('schema/flake-sla.schema.json equals the program’s schema; npm run docs renews it', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())))
})

type Properties = Record<string, { description?: string; properties?: Properties }>

/** Every setting of the schema with its description, by its name in the file, such as `breach_issue.mode`. */
function settingsIn(properties: Properties, prefix = ''): [name: string, description: string][] {
  return Object.entries(properties).flatMap(([key, { description = '', properties: inner }]) => [
    [`${prefix}${key}`, description] as [string, string],
    ...(inner ? settingsIn(inner, `${prefix}${key}.`) : []),
  ])
}

test('every setting is described, with its allowed values', () => {
  const settings = settingsIn(published.properties)
  expect(settings.length).toBeGreaterThan(20)
  expect(settings.filter(([, description]) => !/ Allowed: .+\.$/.test(description))).toEqual([])
})

test('a comparison covers every setting, except the group names and the one without effect', () => {
  const groups = Object.entries(published.properties as Properties).flatMap(([key, { properties }]) =>
    properties ? [key] : [],
  )
  const names = settingsIn(published.properties).map(([name]) => name)
  const expected = names.filter((name) => !groups.includes(name) && name !== 'attribution.window_days')
  const other = JSON.parse(JSON.stringify(DEFAULT_SETTINGS), (_key, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value : 'changed',
  ) as Settings
  expect(
    compareSettings(DEFAULT_SETTINGS, other)
      .map(({ setting }) => setting)
      .sort(),
  ).toEqual(expected.sort())
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
])('an editor and the program agree on %j', (text, isFine) => {
  expect([validate(parse(text)), parseSettingsInput(text).problems.length === 0]).toEqual([isFine, isFine])
})
