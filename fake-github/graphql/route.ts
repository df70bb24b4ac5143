/** The GraphQL endpoint: runs the query against GitHub's schema, or plainly where the GraphQL package is not installed. */
import { type Answer, type Call, Refusal } from '../route.ts'
import { answerPlainly } from './plain.ts'

type Run = typeof import('./execute.ts').run
let loaded: Promise<Run | null> | null = null

/** The executor, or `null` in an installed app, which comes without development packages. */
function loadRun(): Promise<Run | null> {
  loaded ??= import('./execute.ts').then(
    (module) => module.run,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_MODULE_NOT_FOUND') return null
      throw error
    },
  )
  return loaded
}

/** Answers one POST to the GraphQL endpoint; errors of the query come back as 200 with `errors`, as on GitHub. */
export async function answerGraphql(call: Call): Promise<Answer> {
  const { query, variables } = call.body
  if (typeof query !== 'string')
    throw new Refusal(400, 'A query attribute must be specified and must be a string.')
  const request = { query, variables: (variables ?? {}) as Record<string, unknown> }
  // The one mutation of the demo is answered without reading the schema, which takes a second.
  const run = call.validates || !/\bminimizeComment\b/.test(query) ? await loadRun() : null
  if (!run) return plainly(call, request)
  const { body, problem } = await run(call, request)
  if (problem) call.complain(problem)
  return { status: 200, body }
}

function plainly(call: Call, request: Parameters<typeof answerPlainly>[2]): Answer {
  try {
    return { status: 200, body: answerPlainly(call.github, call.actor, request) }
  } catch (error) {
    if (!(error instanceof Refusal) || error.status === 501) throw error
    const type = error.status === 404 ? 'NOT_FOUND' : 'FORBIDDEN'
    return { status: 200, body: { data: null, errors: [{ type, message: error.message }] } }
  }
}
