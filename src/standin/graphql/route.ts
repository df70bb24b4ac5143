/** The GraphQL endpoint: reads the request and hands it to whoever can answer it. */
import { type Answer, type Call, Refusal } from '../route.ts'
import { answerPlainly } from './plain.ts'

/** Answers one POST to the GraphQL endpoint; errors of the query come back as 200 with `errors`, as on GitHub. */
export async function answerGraphql(call: Call): Promise<Answer> {
  const { query, variables } = call.body
  if (typeof query !== 'string')
    throw new Refusal(400, 'A query attribute must be specified and must be a string.')
  const request = { query, variables: (variables ?? {}) as Record<string, unknown> }
  try {
    return { status: 200, body: answerPlainly(call.world, call.actor, request) }
  } catch (error) {
    if (!(error instanceof Refusal) || error.status === 501) throw error
    const type = error.status === 404 ? 'NOT_FOUND' : 'FORBIDDEN'
    return { status: 200, body: { data: null, errors: [{ type, message: error.message }] } }
  }
}
