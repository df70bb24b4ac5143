/**
 * Checks every request, response and webhook against GitHub's published OpenAPI descriptions. Loaded only on demand, because
 * the descriptions are large.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import formats from 'ajv-formats'
import { rewrite, type Schema } from './contract-schema.ts'
import type { Answer, Incoming, Route } from './route.ts'

export interface Contract {
  /** A sentence on what is wrong with a request, or `null`. */
  request: (route: Route, incoming: Incoming, body: unknown) => string | null
  /** A sentence on what is wrong with a response, or `null`. */
  response: (route: Route, incoming: Incoming, answer: Answer) => string | null
  /** A sentence on what is wrong with a webhook, or `null`. */
  webhook: (name: string, payload: Record<string, unknown>) => string | null
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  schema: Schema
}
interface Operation {
  parameters?: (Parameter | { $ref: string })[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { $ref?: string; content?: Record<string, { schema?: Schema }> }>
}
interface Description {
  paths?: Record<string, Record<string, Operation>>
  webhooks?: Record<string, { post: Operation }>
  components: Record<string, Record<string, Schema>>
}

let loaded: Promise<Contract> | null = null

/** Reads the descriptions once per process (about 18 MB of JSON). @throws when the packages are not installed */
export function loadContract(): Promise<Contract> {
  loaded ??= Promise.all([read('@octokit/openapi'), read('@octokit/openapi-webhooks')]).then(
    ([rest, hooks]) => {
      const operations = operationChecks(rest)
      return { ...operations, webhook: webhookCheck(hooks) }
    },
  )
  return loaded
}

async function read(name: string): Promise<Description> {
  const entry = fileURLToPath(import.meta.resolve(name))
  const file = entry.replace(/index\.js$/, 'generated/api.github.com.json')
  return JSON.parse(await readFile(file, 'utf8')) as Description
}

/** Compiles schemas of one description on first use. */
function compiler(description: Description, coerceTypes: boolean) {
  const ajv = new Ajv2019({
    strict: false,
    allErrors: true,
    logger: false,
    coerceTypes,
    validateSchema: false,
  })
  formats.default(ajv)
  const added = new Set<string>()
  const visit = (id: string): void => {
    if (added.has(id)) return
    added.add(id)
    const [, mode, name] = id.split('/')
    const schema = description.components.schemas?.[name ?? ''] ?? {}
    ajv.addSchema(rewrite(schema, mode === 'closed', visit), id)
  }
  return (schema: Schema): ValidateFunction => ajv.compile(rewrite(schema, true, visit))
}

/**
 * Adapts the description where GitHub's real responses differ from it:
 * - A check run can have the conclusion `stale`, which only GitHub sets (see `PATCH …/check-runs/{id}`).
 * - `head.repo` is null after a fork was deleted (see the `pull_request` webhook).
 * - `created` of workflow runs is a range such as `A..B`, although it is declared as a date.
 * - In the list of an app's installations an account would have to be a user and an enterprise at once.
 */
function withDeviations(description: Description): Description {
  const schemas = description.components.schemas as Record<string, { properties: Record<string, Schema> }>
  const conclusion = schemas['check-run']?.properties.conclusion
  if (Array.isArray(conclusion?.enum)) conclusion.enum.push('stale')
  for (const name of ['pull-request', 'pull-request-simple']) {
    const head = schemas[name]?.properties.head?.properties as Record<string, Schema> | undefined
    if (head?.repo) head.repo = { anyOf: [head.repo, { enum: [null] }] }
  }
  const created = description.components.parameters?.created as { schema: Schema } | undefined
  if (created) created.schema = { type: 'string' }
  const list = description.paths?.['/app/installations']?.get?.responses['200']
  const answer = list?.content?.['application/json']
  if (answer) answer.schema = { type: 'array', items: { $ref: '#/components/schemas/installation' } }
  return description
}

function operationChecks(plain: Description): Pick<Contract, 'request' | 'response'> {
  const description = withDeviations(plain)
  const strict = compiler(description, false)
  const lenient = compiler(description, true)
  const cache = new Map<string, ValidateFunction>()
  const once = (key: string, schema: Schema, make = strict): ValidateFunction => {
    const check = cache.get(key) ?? make(schema)
    cache.set(key, check)
    return check
  }
  const operationOf = (route: Route) => description.paths?.[route.path]?.[route.method.toLowerCase()]
  return {
    request(route, incoming, body) {
      if (route.undescribed) return null
      const operation = operationOf(route)
      const name = `${route.method} ${route.path}`
      if (!operation) return `GitHub's description has no operation ${name}.`
      const parameters = operation.parameters?.map((parameter) => resolve(description, parameter)) ?? []
      const query = once(`${name} query`, querySchema(parameters), lenient)
      if (!query(Object.fromEntries(incoming.query))) return `${name}: the query ${complaint(query)}.`
      const schema = operation.requestBody?.content['application/json']?.schema
      const empty = incoming.text === '' || incoming.text === '{}'
      if (!schema) return empty ? null : `${name} takes no body, but got ${incoming.text.slice(0, 80)}.`
      if (empty && !operation.requestBody?.required) return null
      const check = once(`${name} body`, schema)
      return check(body) ? null : `${name}: the body ${complaint(check)}.`
    },
    response(route, _incoming, answer) {
      if (route.undescribed || typeof answer.body === 'string') return null
      const name = `${route.method} ${route.path}`
      const operation = operationOf(route)
      const described = operation?.responses[answer.status]
      if (!described) return `${name} never answers ${answer.status}.`
      const content = described.$ref ? componentOf<typeof described>(description, described.$ref) : described
      const schema = content.content?.['application/json']?.schema
      if (!schema)
        return answer.body === undefined ? null : `${name} answers ${answer.status} without a body.`
      const check = once(`${name} ${answer.status}`, schema)
      // Checked as it is sent: after conversion to JSON.
      const sent: unknown = JSON.parse(JSON.stringify(answer.body))
      return check(sent) ? null : `${name}: the answer ${complaint(check)}.`
    },
  }
}

function componentOf<T>(description: Description, ref: string): T {
  const [, , family, name] = ref.split('/')
  return description.components[family ?? '']?.[name ?? ''] as T
}

function resolve(description: Description, parameter: Parameter | { $ref: string }): Parameter {
  return '$ref' in parameter ? componentOf<Parameter>(description, parameter.$ref) : parameter
}

function querySchema(parameters: Parameter[]): Schema {
  const own = parameters.filter((parameter) => parameter.in === 'query')
  return {
    type: 'object',
    properties: Object.fromEntries(own.map((parameter) => [parameter.name, parameter.schema])),
    required: own.filter((parameter) => parameter.required).map((parameter) => parameter.name),
    additionalProperties: false,
  }
}

function complaint(check: ValidateFunction): string {
  const errors = (check.errors ?? []).filter((error) => error.keyword !== 'anyOf')
  const parts = errors.slice(0, 4).map((error) => {
    const extra = error.params.unevaluatedProperty ?? error.params.additionalProperty
    const named = extra === undefined ? '' : ` (${String(extra)})`
    return `${error.instancePath || 'as a whole'} ${error.message}${named}`
  })
  return `is not as GitHub describes it: ${parts.join('; ') || 'no alternative fits'}`
}

function webhookCheck(description: Description): Contract['webhook'] {
  const compile = compiler(description, false)
  const cache = new Map<string, ValidateFunction>()
  return (name, payload) => {
    const action = typeof payload.action === 'string' ? `-${payload.action}` : ''
    const key = `${name}${action}`.replaceAll('_', '-')
    const schema = description.webhooks?.[key]?.post.requestBody?.content['application/json']?.schema
    if (!schema)
      return `GitHub sends no webhook ${name}${action && ` with the action ${String(payload.action)}`}.`
    const check = cache.get(key) ?? compile(schema)
    cache.set(key, check)
    return check(payload) ? null : `webhook ${key}: the payload ${complaint(check)}.`
  }
}
