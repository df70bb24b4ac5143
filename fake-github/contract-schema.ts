/** Turns GitHub's OpenAPI 3.0 schemas into JSON Schema that also rejects undescribed fields. */

export type Schema = { [key: string]: unknown }

const PLAIN_KEYS = [
  'type',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'required',
]

/**
 * Rewrites one schema. References become `schema:/open/NAME` or `schema:/closed/NAME`, and `visit` is called with
 * each of them. A closed object rejects fields that neither it nor its parts declare. `oneOf` is read as `anyOf`, because
 * GitHub's alternatives overlap.
 */
export function rewrite(schema: Schema, closed: boolean, visit: (id: string) => void): Schema {
  const ref = schema.$ref
  if (typeof ref === 'string') {
    const id = `schema:/${closed ? 'closed' : 'open'}/${ref.split('/').pop()}`
    visit(id)
    return { $ref: id }
  }
  const out: Schema = {}
  for (const key of PLAIN_KEYS) if (key in schema) out[key] = schema[key]
  rewriteParts(schema, out, closed, visit)
  if (closed && isClosable(schema)) out.unevaluatedProperties = false
  return schema.nullable === true ? { anyOf: [out, { type: 'null' }] } : out
}

function rewriteParts(schema: Schema, out: Schema, closed: boolean, visit: (id: string) => void): void {
  const inner = (part: unknown) => rewrite(part as Schema, true, visit)
  if (schema.properties) {
    out.properties = Object.fromEntries(
      Object.entries(schema.properties as Schema).map(([name, part]) => [name, inner(part)]),
    )
  }
  if (schema.items) out.items = inner(schema.items)
  const more = schema.additionalProperties
  if (more !== undefined) out.additionalProperties = typeof more === 'object' ? inner(more) : more
  const branches = (list: unknown, close: boolean) =>
    (list as Schema[]).map((part) => rewrite(part, close, visit))
  const alternatives = schema.oneOf ?? schema.anyOf
  // When the schema has properties itself, an alternative only adds to them, so it must stay open.
  if (alternatives) out.anyOf = branches(alternatives, closed && !schema.properties)
  if (schema.allOf) out.allOf = branches(schema.allOf, false)
}

function isClosable(schema: Schema): boolean {
  if (schema.additionalProperties !== undefined) return false
  return schema.properties !== undefined || schema.allOf !== undefined
}
