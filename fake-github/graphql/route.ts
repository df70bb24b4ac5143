/** The GraphQL endpoint. */
import { type Answer, type Call, Refusal } from '../route.ts'

/** Answers one POST. Errors in the query are answered with status 200 and `errors`, as GitHub does. */
export async function answerGraphql(call: Call): Promise<Answer> {
  const { query, variables } = call.body
  if (typeof query !== 'string')
    throw new Refusal(400, 'A query attribute must be specified and must be a string.')
  // Reading GitHub's schema takes a second, so it is read for the first query only.
  const { run } = await import('./execute.ts')
  const { body, problem } = await run(call, {
    query,
    variables: (variables ?? {}) as Record<string, unknown>,
  })
  if (problem) call.complain(problem)
  return { status: 200, body }
}
