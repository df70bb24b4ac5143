/** Runs GraphQL queries against GitHub's published schema. */
import { schema as published } from '@octokit/graphql-schema'
import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  parse,
  responsePathAsArray,
  validate,
} from 'graphql'

type Path = Parameters<typeof responsePathAsArray>[0] & object

import { type Call, canSee, Refusal } from '../route.ts'
import { isPull } from '../routes/pulls.ts'
import { type GitHubInstance, nodeId, parseNodeId, repositoryById, toInstant } from '../shapes/instance.ts'
import { actorObject } from './actors.ts'
import { checkObject, commitObject, contextObject, suiteObject } from './checks.ts'
import { costOf } from './cost.ts'
import { minimizeComment } from './minimize-comment.ts'
import { pullObject, repositoryObject } from './pulls.ts'

interface GraphqlRequest {
  query: string
  variables: Record<string, unknown>
}

let schema: GraphQLSchema | null = null

/** Refuses fields that the fake GitHub does not implement, so that no test reads a null where GitHub returns a value. */
const refuseUnknownFields: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  const object = source as Record<string, unknown>
  if (!(info.fieldName in object)) {
    throw new GraphQLError(`The fake GitHub does not answer ${info.parentType.name}.${info.fieldName}.`, {
      extensions: { isUnknownField: true },
    })
  }
  const value = object[info.fieldName]
  const answer: unknown = typeof value === 'function' ? value.call(object, args, context, info) : value
  return isConnection(answer) ? withinLimit(answer, context as Resources, info.path) : answer
}

/** What one query has used of GitHub's resource limit. */
interface Resources {
  left: number
  errors: object[]
}

interface ConnectionAnswer {
  nodes: unknown[]
}

function isConnection(value: unknown): value is ConnectionAnswer {
  return typeof value === 'object' && value !== null && 'nodes' in value && Array.isArray(value.nodes)
}

/** GitHub answers a query beyond its resource limit in part, with status 200 and errors. */
function withinLimit(answer: ConnectionAnswer, resources: Resources, path: Path): object {
  resources.left -= answer.nodes.length
  if (resources.left >= 0) return answer
  const message = 'Resource limits for this query exceeded.'
  resources.errors.push({ type: 'RESOURCE_LIMITS_EXCEEDED', path: responsePathAsArray(path), message })
  return { ...answer, nodes: null, edges: null }
}

/** Parses, validates and executes one request. `problem` is a sentence when GitHub's schema forbids the query. */
export async function run(
  call: Call,
  request: GraphqlRequest,
): Promise<{ body: object; problem: string | null }> {
  schema ??= buildSchema(published.idl, { assumeValid: true })
  let document: DocumentNode
  try {
    document = parse(request.query)
  } catch (error) {
    return refused([error as GraphQLError])
  }
  const invalid = validate(schema, document)
  if (invalid.length > 0) return refused(invalid)
  const { query: cost, nodes } = costOf(document, request.variables)
  call.github.state.rateLimit.graphql.used += cost - 1
  const rootValue = root(call, cost, nodes)
  const { variables } = request
  const resources: Resources = {
    left: call.github.state.resourceLimit ?? Number.POSITIVE_INFINITY,
    errors: [],
  }
  const result = await execute({
    schema,
    document,
    variableValues: variables,
    rootValue,
    contextValue: resources,
    fieldResolver: refuseUnknownFields,
  })
  const unknown = result.errors?.find((error) => error.extensions.isUnknownField)
  const errors = [...(result.errors ?? []).map(described), ...resources.errors]
  const body = { data: result.data ?? null, ...(errors.length > 0 && { errors }) }
  return { body, problem: unknown?.message ?? null }
}

function described(error: GraphQLError): object {
  return { ...(typeOf(error) && { type: typeOf(error) }), ...error.toJSON() }
}

/** GitHub's `type` of an error in a query. */
function typeOf({ message, originalError }: GraphQLError): string | null {
  if (message.startsWith('Could not resolve')) return 'NOT_FOUND'
  return originalError instanceof Refusal && originalError.status === 403 ? 'FORBIDDEN' : null
}

function refused(errors: readonly GraphQLError[]) {
  return {
    body: { errors: errors.map(described) },
    problem: `GraphQL: ${errors.map((error) => error.message).join(' ')}`,
  }
}

function root(call: Call, cost: number, nodeCount: number): object {
  const { github, actor } = call
  const missing = (id: string) => new Error(`Could not resolve to a node with the global id of '${id}'.`)
  return {
    rateLimit: () => {
      const { limit, used, resetAt } = github.state.rateLimit.graphql
      return {
        cost,
        nodeCount,
        limit,
        used,
        remaining: Math.max(0, limit - used),
        resetAt: toInstant(resetAt),
      }
    },
    viewer: () => actorObject(github, actor.kind === 'user' ? actor.login : `${github.state.app.slug}[bot]`),
    repository: ({ owner, name }: { owner: string; name: string }) => {
      const repository = github.state.repositories.get(`${owner}/${name}`.toLowerCase())
      if (!repository || !canSee(actor, repository)) {
        throw new Error(`Could not resolve to a Repository with the name '${owner}/${name}'.`)
      }
      return repositoryObject(github, repository)
    },
    node: ({ id }: { id: string }) => nodeObject(call, id) ?? missing(id),
    nodes: ({ ids }: { ids: string[] }) => ids.map((id) => nodeObject(call, id) ?? missing(id)),
    minimizeComment: ({
      input,
    }: {
      input: { subjectId: string; classifier: string; clientMutationId?: string }
    }) => {
      const comment = minimizeComment(github, actor, input.subjectId, input.classifier)
      const minimizedComment = {
        __typename: 'IssueComment',
        id: input.subjectId,
        isMinimized: true,
        minimizedReason: comment.minimized,
      }
      return { clientMutationId: input.clientMutationId ?? null, minimizedComment }
    },
  }
}

function nodeObject(call: Call, id: string): object | null {
  const parsed = parseNodeId(id)
  const repository = parsed ? repositoryById(call.github.state, Number(parsed.parts[0])) : null
  if (!parsed || !repository || !canSee(call.actor, repository)) return null
  return objectOf(call.github, repository, parsed.kind, parsed.parts)
}

function objectOf(
  github: GitHubInstance,
  repository: NonNullable<ReturnType<typeof repositoryById>>,
  kind: string,
  parts: string[],
) {
  const key = parts[1] ?? ''
  if (kind === 'R') return repositoryObject(github, repository)
  if (kind === 'PR') {
    const issue = repository.issues.get(Number(key))
    return issue && isPull(issue) ? pullObject(github, repository, issue) : null
  }
  if (kind === 'C') {
    const commit = repository.commits.get(key)
    return commit ? commitObject(github, repository, commit) : null
  }
  if (kind === 'CS') {
    const suite = repository.checkSuites.get(Number(key))
    return suite ? suiteObject(github, repository, suite) : null
  }
  if (kind === 'CR') {
    const run = repository.checkRuns.get(Number(key))
    return run ? checkObject(github, repository, run) : null
  }
  if (kind !== 'SC') return null
  const status = repository.statuses
    .get(key)
    ?.find((status) => nodeId('SC', repository.id, key, status.id) === nodeId('SC', ...parts))
  return status ? contextObject(github, repository, status) : null
}
